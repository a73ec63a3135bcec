"""Every page of the dashboard; each module has the pages of one screen."""

from collections.abc import Sequence
from typing import Final

from wattyard.web.dashboard.declare import DashboardPage
from wattyard.web.dashboard.screens import (
    cost_list,
    costs,
    customers,
    developer_events,
    developer_requests,
    developer_webhooks,
    developers,
    log_in,
    markets,
    objects,
    operator,
    operator_accounts,
    overview,
    person,
    plans,
    settings,
    site,
    site_forms,
    site_import,
    site_upload,
    sites,
    start,
    tariffs,
)

PAGES: Final[Sequence[DashboardPage]] = (
    *start.PAGES,
    *log_in.PAGES,
    *person.PAGES,
    *operator.PAGES,
    *operator_accounts.PAGES,
    *settings.PAGES,
    *overview.PAGES,
    *sites.PAGES,
    *site_forms.PAGES,
    *site_import.PAGES,
    *site_upload.PAGES,
    *site.PAGES,
    *customers.PAGES,
    *objects.PAGES,
    *cost_list.PAGES,
    *costs.PAGES,
    *plans.PAGES,
    *developers.PAGES,
    *developer_requests.PAGES,
    *developer_webhooks.PAGES,
    *developer_events.PAGES,
    *markets.PAGES,
    *tariffs.PAGES,
)
"""In the order in which paths are tried."""

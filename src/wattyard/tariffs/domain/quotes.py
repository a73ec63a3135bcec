"""Quotes: prices at a place with all that they depend on (contract 2, Prices)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from wattyard.sites.domain.places import Place as Site
from wattyard.tariffs.domain.calendar import Place
from wattyard.tariffs.domain.contracts import Contract
from wattyard.tariffs.domain.prices import PlacePrices, Question, pricing
from wattyard.tariffs.domain.sources import MarketSource
from wattyard.tariffs.domain.tariff import Element, market_keys


@dataclass(frozen=True, slots=True)
class Supply:
    """What prices at a site depend on: its contracts, their rules read, and market sources."""

    site: Site
    place: Place
    contracts: Mapping[UUID, Contract]
    elements: tuple[Element, ...]
    sources: Mapping[str, MarketSource]

    def answering(self, question: Question) -> "Supply":
        """Leave out tariffs of other devices, and market sources that no price asked for follows.

        What is left out neither changes the answer nor decides when it is to be asked anew.
        """
        elements = tuple(
            element
            for element in self.elements
            if not element.tariff.devices or question.device in element.tariff.devices
        )
        keys = market_keys(pricing(elements, question))
        return replace(
            self,
            contracts={element.id: self.contracts[element.id] for element in elements},
            elements=elements,
            sources={key: source for key, source in self.sources.items() if key in keys},
        )

    def source_of(self, element: int) -> MarketSource | None:
        """Find the one market source that an element's prices follow, None where not just one."""
        keys = self.elements[element].tariff.market_keys
        return self.sources.get(next(iter(keys))) if len(keys) == 1 else None


@dataclass(frozen=True, slots=True)
class Quote:
    """Prices at a place, and when they were and will be known anew (UTC, or None)."""

    supply: Supply
    question: Question
    prices: PlacePrices
    last_updated: datetime | None
    next_update: datetime | None


def calendar_place(site: Site) -> Place:
    """Tell where a site's wall-clock rules are evaluated."""
    address = site.postal_address
    if address is None:
        return Place(site.timezone)
    return Place(site.timezone, address.country_code, address.state)

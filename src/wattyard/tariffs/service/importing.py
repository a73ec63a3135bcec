"""Use-case of foreign documents: connect what they say at a site."""

from collections.abc import Sequence
from typing import Final

from wattyard.kernel.context import Context
from wattyard.kernel.refusals import Fault
from wattyard.kernel.values import dataclass
from wattyard.platform.db import Database
from wattyard.sites.domain.netting import Netting
from wattyard.sites.service import Sites
from wattyard.tariffs.domain.contracts import ContractDraft
from wattyard.tariffs.service.contracts import Tariffs
from wattyard.tariffs.service.judged_tariffs import ConnectedTariff

_KEPT: Final = (
    "netting: the location stays as it is: it nets import and export in another way than the "
    "document says, or may not export"
)


@dataclass
class TariffImports:
    """What documents say of every account's sites."""

    db: Database
    sites: Sites
    tariffs: Tariffs

    async def connect(
        self, context: Context, drafts: Sequence[ContractDraft], netting: Netting | None
    ) -> tuple[list[ConnectedTariff], list[Fault]]:
        """Connect the tariffs of a document, and net the site as it says: all or nothing.

        A site that nets in another way, or that may not export, stays as it is, with a warning.

        Raises:
            What `Tariffs.connect` raises.
        """
        async with self.db.transaction():
            made = await self.tariffs.connect(context, drafts)
            told = []
            if netting is not None and made:
                site_id = made[0].site.id
                if not await self.sites.start_netting(context, site_id, netting):
                    told.append(Fault("not_priced", _KEPT, "netting"))
        return made, told

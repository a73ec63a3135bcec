"""Use-case of foreign documents: connect what they say at a site."""

from collections.abc import Sequence
from dataclasses import dataclass

from wattyard.kernel.context import Context
from wattyard.platform.db import Database
from wattyard.sites.domain.netting import Netting
from wattyard.sites.service import Sites
from wattyard.tariffs.domain.contracts import ContractDraft
from wattyard.tariffs.service.contracts import Tariffs
from wattyard.tariffs.service.judged import ConnectedTariff


@dataclass
class TariffImports:
    """What documents say of every account's sites."""

    db: Database
    sites: Sites
    tariffs: Tariffs

    async def connect(
        self, context: Context, drafts: Sequence[ContractDraft], netting: Netting | None
    ) -> list[ConnectedTariff]:
        """Connect the tariffs of a document, and net the site as it says: all or nothing.

        A site that nets already, or that may not export, stays as it is.

        Raises:
            What `Tariffs.connect` raises.
        """
        async with self.db.transaction():
            made = await self.tariffs.connect(context, drafts)
            if netting is not None and made:
                await self.sites.start_netting(context, made[0].site.id, netting)
        return made

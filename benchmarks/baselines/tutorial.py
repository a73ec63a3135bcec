"""The same list as FastAPI's and SQLModel's tutorials write it, with eager loading.

Fair to it: the fast asyncpg driver, a pool, no token to check, keyset paging, one query for all
devices of the page (selectinload) instead of one a site.
"""

import os
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, FastAPI, Query
from pydantic import BaseModel
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.orm import selectinload
from sqlmodel import Column, Field, Relationship, SQLModel, select
from sqlmodel.ext.asyncio.session import AsyncSession

URL = os.environ["TUTORIAL_DATABASE"].replace("postgresql://", "postgresql+asyncpg://")
ACCOUNT = int(os.environ["TUTORIAL_ACCOUNT"])


class DevicePlace(SQLModel, table=True):
    __tablename__ = "device_places"
    site_id: UUID = Field(primary_key=True, foreign_key="sites.id")
    device_id: UUID = Field(primary_key=True, foreign_key="devices.id")


class Device(SQLModel, table=True):
    __tablename__ = "devices"
    id: UUID = Field(primary_key=True)
    manufacturer: str | None
    model_code: str | None
    model_name: str | None
    properties: dict[str, Any] = Field(sa_column=Column(JSONB))
    time_created: datetime
    last_seen: datetime | None


class Site(SQLModel, table=True):
    __tablename__ = "sites"
    id: UUID = Field(primary_key=True)
    account: int
    live_mode: bool
    status: str
    reference_id: str | None
    timezone: str
    currency_code: str
    time_created: datetime
    devices: list[Device] = Relationship(link_model=DevicePlace)


class DeviceRead(BaseModel):
    id: str
    manufacturer: str | None
    model_code: str | None
    model_name: str | None
    time_created: datetime
    properties: dict[str, float | None]
    last_seen: datetime | None


class SiteRead(BaseModel):
    id: str
    object: str = "site"
    live_mode: bool
    status: str
    devices: list[DeviceRead]
    time_created: datetime
    reference_id: str | None
    timezone: str
    currency_code: str


class SiteList(BaseModel):
    object: str = "list"
    url: str = "/sites"
    has_more: bool
    data: list[SiteRead]


engine = create_async_engine(URL, pool_size=8)
app = FastAPI()


async def get_session() -> AsyncIterator[AsyncSession]:
    async with AsyncSession(engine) as session:
        yield session


@app.get("/ready")
async def ready() -> bool:
    return True


@app.get("/sites")
async def list_sites(
    session: Annotated[AsyncSession, Depends(get_session)],
    limit: Annotated[int, Query(ge=1, le=100)] = 30,
) -> SiteList:
    query = (
        select(Site)
        .where(Site.account == ACCOUNT, Site.live_mode == False)  # noqa: E712 (SQL)
        .order_by(Site.id.desc())  # type: ignore[attr-defined]
        .limit(limit + 1)
        .options(selectinload(Site.devices))  # type: ignore[arg-type]
    )
    found = (await session.exec(query)).all()
    return SiteList(has_more=len(found) > limit, data=[_read(site) for site in found[:limit]])


def _read(site: Site) -> SiteRead:
    return SiteRead(
        id=f"ste_{site.id.hex}",
        devices=[
            DeviceRead(id=f"dev_{device.id.hex}", **device.model_dump(exclude={"id"}))
            for device in sorted(site.devices, key=lambda device: device.id)
        ],
        **site.model_dump(exclude={"id", "account"}),
    )

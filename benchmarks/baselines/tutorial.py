"""The same list as FastAPI's and SQLModel's tutorials write it, with eager loading.

Fair to it: the fast asyncpg driver, a pool, keyset paging, one query for all devices of the page
(selectinload) instead of one a site. Like the real one it checks its token, as FastAPI's security
tutorial does: `get_current_account` decodes the JWT and loads the account.
"""

import os
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, FastAPI, HTTPException, Query, status
from fastapi.security import OAuth2PasswordBearer
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey
from pydantic import BaseModel
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.orm import selectinload
from sqlmodel import Column, Field, Relationship, SQLModel, select
from sqlmodel.ext.asyncio.session import AsyncSession

URL = os.environ["TUTORIAL_DATABASE"].replace("postgresql://", "postgresql+asyncpg://")
SECRET_KEY = OctKey.import_key(os.environ["TUTORIAL_SECRET"].encode())


class Account(SQLModel, table=True):
    __tablename__ = "accounts"
    account: int = Field(primary_key=True)
    id: UUID
    disabled: bool


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


oauth2_scheme = OAuth2PasswordBearer(tokenUrl="token")


async def get_current_account(
    token: Annotated[str, Depends(oauth2_scheme)],
    session: Annotated[AsyncSession, Depends(get_session)],
) -> Account:
    try:
        claims = jwt.decode(token, SECRET_KEY, algorithms=["HS256"]).claims
    except JoseError:
        raise HTTPException(status.HTTP_401_UNAUTHORIZED) from None
    found = await session.exec(select(Account).where(Account.id == UUID(claims["sub"])))
    account = found.first()
    if account is None or account.disabled:
        raise HTTPException(status.HTTP_401_UNAUTHORIZED)
    return account


@app.get("/ready")
async def ready() -> bool:
    return True


@app.get("/sites")
async def list_sites(
    session: Annotated[AsyncSession, Depends(get_session)],
    account: Annotated[Account, Depends(get_current_account)],
    limit: Annotated[int, Query(ge=1, le=100)] = 30,
) -> SiteList:
    query = (
        select(Site)
        .where(Site.account == account.account, Site.live_mode == False)  # noqa: E712 (SQL)
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

"""Members of staff who set their account up and sign in, as a test needs it."""

import itertools
from dataclasses import dataclass, field

from pyotp.totp import TOTP

from server.actions.accounts import account_link, account_sign_in
from server.actions.accounts.account_making import Link, found_account
from server.actions.accounts.account_sign_in import In, Shut, Wrong
from server.actions.accounts.second_factor import STEP_S
from tests.world import World

PASSWORD = "青禾的茶园 1988 fine"


_addresses = itertools.count(1)  # wrong tries are counted by address, for the whole process


@dataclass(slots=True)
class Person:
    """Somebody with a login, a password and a phone that shows codes."""

    world: World
    staff: bytes
    login: str
    password: str
    secret: str
    address: str = field(default_factory=lambda: f"10.0.0.{next(_addresses)}")

    @property
    def code(self) -> str:
        return code_of(self.secret, self.world)

    async def sign_in(
        self, *, password: str | None = None, code: str | None = None, address: str = ""
    ) -> In | Wrong | Shut:
        return await account_sign_in.sign_in(
            self.world.site, login=self.login, password=password or self.password,
            code=self.code if code is None else code, address=address or self.address,
        )  # fmt: skip

    async def wrong(self, times: int, address: str = "") -> None:
        for _ in range(times):
            assert await self.sign_in(password="wrong words here", address=address) == Wrong()


def code_of(secret: str, world: World) -> str:
    return str(TOTP(secret).generate_otp(world.clock() // 1000 // STEP_S))


async def link_for(world: World, staff: bytes, login: str) -> Link:
    return await world.store.write(
        lambda tx: found_account(tx, world.site, actor=staff, staff=staff, login=login)
    )


async def use(world: World, link: Link, password: str = PASSWORD) -> Person:
    """Opens a one-time link to the end. The next code is a new one: half a minute passes."""
    prepared = await account_link.prepare(world.site, link.token, password)
    assert isinstance(prepared, account_link.Prepared), prepared
    code = code_of(prepared.secret, world)
    token = await account_link.finish(world.site, link.token, prepared.carried, code)
    assert token
    world.clock.pass_(ms=STEP_S * 1000)
    return Person(world, link.staff, link.login, password, prepared.secret)


async def person(world: World, staff: bytes, login: str) -> Person:
    """A member of staff with an account that is alive."""
    return await use(world, await link_for(world, staff, login))

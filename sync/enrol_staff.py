"""The tablet's side of bringing a further member of staff to it (sync/PROTOCOL.md, 3.2): pure.

further = FurtherStaff(code, device=..., kem=..., by=..., trust=..., random=os.urandom)
further.on_hello(post(further.hello()))
further.on_join(post(further.join()))
show(further.six_digits())
while (welcome := further.on_poll(post(further.poll()))) is None: wait
"""

from collections.abc import Callable

from crypto.keys import KemKeyPair, SigningKeyPair, SigningPublicKey
from sync.enrol import (
    Conversation,
    NotTheServer,
    OtherCode,
    decoded,
    first_answer,
    parse_code,
)
from sync.enrol_wire import (
    STAFF_WELCOME_LABEL,
    VERSION,
    Hello,
    StaffHello,
    StaffJoining,
    StaffStep,
    StaffWelcome,
    encode,
    staff_device_message,
    staff_key_message,
)


class FurtherStaff(Conversation):
    """One try. `by`: the key of whoever has the tablet unlocked; `trust`: the pinned key;
    `version`: of the trust bundle held.
    """

    def __init__(
        self,
        code: str,
        *,
        device: bytes,
        kem: KemKeyPair,
        by: SigningKeyPair,
        trust: SigningPublicKey,
        version: int = 0,
        random: Callable[[int], bytes],
    ) -> None:
        parsed = parse_code(code)
        if parsed.suite not in (None, trust.suite):
            raise OtherCode("suite")
        super().__init__(parsed, trust.suite, random)
        self._device, self._kem, self._by = device, kem, by
        self._held, self._version = trust, version
        self._staff = b""

    def __repr__(self) -> str:
        return f"FurtherStaff(device={self._device.hex()})"

    def on_hello(self, data: bytes) -> None:
        """Raises NotTheServer; OtherCode, where it is for a new tablet or for another one."""
        sent = self.hello()
        answer = self._authentic(data, sent)
        hello = first_answer(answer, StaffHello, Hello)
        if hello.device != self._device:
            raise OtherCode("device")
        self._known(hello, sent, answer)
        assert self._keys is not None
        if hello.trust != self._held.raw or self._keys.version < self._version:
            raise NotTheServer("trust")
        self._staff = hello.staff

    def join(self) -> bytes:
        """The same bytes each time."""
        if len(self._sent) == 2:
            self._sent.append(self._join())
        return self._sent[2]

    def _join(self) -> bytes:
        hello, sign = self._sent[0], self.signing.public.raw
        mine = staff_key_message(device=self._device, staff=self._staff, sign=sign)
        here = staff_device_message(
            hello=hello, device=self._device, staff=self._staff, sign=sign, nonce=self._nonce
        )
        body = StaffJoining(
            v=VERSION, device=self._device, staff=self._staff, sign=sign, nonce=self._nonce,
            hello=hello, proof=self.signing.sign(mine), by=self._by.public.kid(),
            witness=self._by.sign(here),
        )  # fmt: skip
        return encode(StaffStep(v=VERSION, offer=self._offer, sealed=self._sealed(body)))

    def on_poll(self, data: bytes) -> StaffWelcome | None:
        """None until an administrator has confirmed; then `signing` is theirs to sign with."""
        plain = self._confirmed(data, self._kem, STAFF_WELCOME_LABEL)
        if plain is None:
            return None
        welcome = decoded(plain, StaffWelcome)
        if (welcome.device, welcome.staff) != (self._device, self._staff):
            raise NotTheServer("welcome")
        return welcome

"""The payment service."""

import json
from dataclasses import dataclass
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen


class PaymentDeclined(Exception):
    """The customer's bank said no; the text says why."""


class PaymentUnavailable(Exception):
    """The service cannot be reached, or makes no sense."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """A charge that went through. Amount in pence."""

    id: str
    amount: int


class PaymentClient:
    """Speaks to the payment service: JSON over HTTP."""

    def __init__(self, url: str, timeout_s: float = 5.0) -> None:
        self._url = url.rstrip("/")
        self._timeout_s = timeout_s

    def charge(self, amount: int, token: str) -> Receipt:
        """Take so many pence from the card that the token stands for."""
        answer = self._post("/charges", {"amount": amount, "currency": "GBP", "card": token})
        if answer.get("status") != "succeeded":
            raise PaymentDeclined(answer.get("reason", "no reason given"))
        return Receipt(answer["id"], answer["amount"])

    def refund(self, receipt_id: str) -> None:
        """Give a whole charge back."""
        answer = self._post(f"/charges/{receipt_id}/refund", {})
        if answer.get("status") != "refunded":
            raise PaymentUnavailable(f"refund of {receipt_id}: {answer}")

    def _post(self, path: str, payload: dict[str, object]) -> dict:
        request = Request(
            self._url + path,
            data=json.dumps(payload).encode(),
            headers={"Content-Type": "application/json"},
            method="POST",
        )
        try:
            with urlopen(request, timeout=self._timeout_s) as response:
                return json.loads(response.read())
        except HTTPError as error:
            if error.code == 402:
                raise PaymentDeclined("card refused") from error
            raise PaymentUnavailable(str(error)) from error
        except (URLError, ValueError) as error:
            raise PaymentUnavailable(str(error)) from error

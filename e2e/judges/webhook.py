"""Holds deliveries against the library that Standard Webhooks publishes.

Reads one JSON document from stdin: `secrets`, and `deliveries` with the headers and body of each as
they came over the wire. Every delivery has to be believed with every secret that is said to sign it,
and with none after a letter of it was changed. Says what it would have signed itself, for a known
message.
"""

import datetime
import json
import sys

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

given = json.load(sys.stdin)


def headers(delivery):
    return {name: delivery[name] for name in ("webhook-id", "webhook-timestamp", "webhook-signature")}


believed = 0
for delivery in given["deliveries"]:
    for secret in given["secrets"]:
        told = Webhook(secret).verify(delivery["body"], headers(delivery))
        assert told == json.loads(delivery["body"])
        changed = [
            {**delivery, "body": delivery["body"].replace('"type"', '"Type"', 1)},
            {**delivery, "webhook-id": delivery["webhook-id"] + "x"},
        ]
        for other in changed:
            try:
                Webhook(secret).verify(other["body"], headers(other))
            except WebhookVerificationError:
                continue
            sys.exit("a changed delivery was believed")
        believed += 1
at = datetime.datetime.fromtimestamp(given["at"], tz=datetime.timezone.utc)
signed = {secret: Webhook(secret).sign(given["id"], at, given["body"]) for secret in given["secrets"]}
print(json.dumps({"believed": believed, "signed": signed}))

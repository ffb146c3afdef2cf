"""Publishes, subscribes and replays with a client that openapi-python-client has made of the description of the API:

    openapi_client.py declare|publish|replay API_URL GATEWAY_URL KEY RECEIVER_URL

The package `certes_client` is on the path. Prints what was answered, as JSON.
"""
import json
import sys

from certes_client import AuthenticatedClient
from certes_client.api.back_off_policies import put_backoff_policy
from certes_client.api.dead_letters import list_dead_letters, replay_dead_letters
from certes_client.api.endpoints import put_endpoint
from certes_client.api.events import publish
from certes_client.api.subscriptions import create_subscription, list_subscriptions
from certes_client.models import (BackoffPolicyDeclaration, EndpointDeclaration, Event, ReplayRequest,
                                  SubscriptionDeclaration)


def declare(api, _gateway, url):
    once = BackoffPolicyDeclaration(max_attempts=1)
    put_backoff_policy.sync(id="once", client=api, body=once)
    put_endpoint.sync(id="billing", client=api, body=EndpointDeclaration(url=url, backoff_policy="once"))
    made = create_subscription.sync(client=api, body=SubscriptionDeclaration(endpoint="billing", pattern="order.#"))
    page = list_subscriptions.sync(client=api)
    return {"made": made.to_dict(), "listed": [one.id for one in page.items]}


def publish_one(_api, gateway, _url):
    accepted = publish.sync(client=gateway, body=Event(type_="order.created", data={"total": 42}))
    return accepted.to_dict()


def replay(api, _gateway, _url):
    letters = list_dead_letters.sync(client=api, endpoint="billing")
    replayed = replay_dead_letters.sync(client=api, body=ReplayRequest(endpoint="billing"))
    return {"letters": [one.event for one in letters.items], "replayed": replayed.to_dict()}


def main():
    verb, api, gateway, key, url = sys.argv[1:]
    clients = [AuthenticatedClient(base_url=base, token=key, raise_on_unexpected_status=True) for base in (api, gateway)]
    verbs = {"declare": declare, "publish": publish_one, "replay": replay}
    print(json.dumps(verbs[verb](*clients, url)))


main()

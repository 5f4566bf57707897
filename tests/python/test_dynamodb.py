"""DynamoDB: what a shared ledger rests on, and word for word what an independent server answers."""

import datetime
import email.utils
import socket
import threading

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError
from moto.server import ThreadedMotoServer

KEYS = dict(
    KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
    AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}, {"AttributeName": "sk", "AttributeType": "S"}],
    BillingMode="PAY_PER_REQUEST",
)


@pytest.fixture(scope="module")
def moto():
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield boto3.client("dynamodb", endpoint_url=f"http://{host}:{port}", region_name="eu-west-1",
                       aws_access_key_id="demo", aws_secret_access_key="demo",
                       config=Config(retries={"total_max_attempts": 1}))
    server.stop()


@pytest.fixture
def both(sim, moto, request):
    """The two servers, and a table name of one's own."""
    return [sim.client("dynamodb"), moto], request.node.name.replace("[", "-").replace("]", "")[:200]


def said(client, operation, **arguments):
    """What a server answers, without what is its own."""
    try:
        answer = getattr(client, operation)(**arguments)
    except ClientError as error:
        body = error.response
        shown = {"code": body["Error"]["Code"], "message": body["Error"]["Message"]}
        for more in ("Item", "CancellationReasons"):
            if more in body:
                shown[more] = body[more]
        return shown
    answer.pop("ResponseMetadata")
    in_order(answer)
    if "ReturnConsumedCapacity" not in arguments:
        # moto tells it unasked.
        answer.pop("ConsumedCapacity", None), answer.pop("ItemCollectionMetrics", None)
    return answer


def in_order(value):
    """Sets have no order on the wire."""
    if isinstance(value, dict):
        for kind in ("SS", "NS", "BS"):
            if isinstance(value.get(kind), list):
                value[kind].sort()
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        in_order(inner)


def agree(servers, operation, words=True, **arguments):
    """Both servers answer the same; `words=False` leaves the wording of an error to each."""
    ours, theirs = [said(client, operation, **arguments) for client in servers]
    if not words:
        assert "code" in ours and "code" in theirs, (ours, theirs)
        ours.pop("message"), theirs.pop("message")
    assert ours == theirs, f"\nours   {ours}\ntheirs {theirs}"
    return ours


def table(both):
    servers, name = both
    for client in servers:
        client.create_table(TableName=name, **KEYS)
        client.get_waiter("table_exists").wait(TableName=name)
    return servers, name


def put(servers, name, **item):
    for client in servers:
        client.put_item(TableName=name, Item=item)


S, N = (lambda text: {"S": text}), (lambda number: {"N": str(number)})
KEY = {"pk": S("F#noc#3"), "sk": S("cw#222222222222#eu-west-1#cpu")}

ACKNOWLEDGE = dict(
    UpdateExpression="SET #o=:o, ownerArn=:w, #s=:s, ackAt=:n, episode=:e, expAt=:x ADD ver :one REMOVE releasedAt",
    ConditionExpression="attribute_not_exists(sk) OR episode < :e OR "
    "(episode = :e AND (#s = :s OR expAt < :n OR attribute_exists(releasedAt)))",
    # Both are reserved words: a ledger that names them plainly is refused.
    ExpressionAttributeNames={"#o": "owner", "#s": "session"},
    ReturnValues="ALL_NEW",
    ReturnValuesOnConditionCheckFailure="ALL_OLD",
)


def acknowledge(who, episode, now, until):
    return dict(ACKNOWLEDGE, Key=KEY, ExpressionAttributeValues={
        ":o": S(who), ":w": S(f"arn:aws:sts::111111111111:assumed-role/noc/{who}"), ":s": S(f"session-of-{who}"),
        ":n": N(now), ":e": N(episode), ":x": N(until), ":one": N(1)})


def test_acknowledging_has_one_winner_and_tells_the_loser_who(both):
    servers, name = table(both)
    won = agree(servers, "update_item", TableName=name, **acknowledge("ana", 1000, 5000, 9000))
    assert won["Attributes"]["ver"] == N(1)
    lost = agree(servers, "update_item", TableName=name, **acknowledge("ben", 1000, 5001, 9001))
    assert lost["code"] == "ConditionalCheckFailedException" and lost["Item"]["owner"] == S("ana")
    # Repeated after a time-out: harmless.
    again = agree(servers, "update_item", TableName=name, **acknowledge("ana", 1000, 5000, 9000))
    assert again["Attributes"]["ver"] == N(2)
    stale = agree(servers, "update_item", TableName=name, **acknowledge("ben", 999, 5002, 9002))
    assert stale["code"] == "ConditionalCheckFailedException"
    newer = agree(servers, "update_item", TableName=name, **acknowledge("ben", 1001, 5003, 9003))
    assert newer["Attributes"]["owner"] == S("ben")
    after_its_end = agree(servers, "update_item", TableName=name, **acknowledge("ana", 1001, 9004, 9999))
    assert after_its_end["Attributes"]["owner"] == S("ana")
    release = dict(TableName=name, Key=KEY, UpdateExpression="SET releasedAt=:n ADD ver :one",
                   ConditionExpression="ver = :seen", ReturnValues="UPDATED_NEW")
    values = {":n": N(9005), ":one": N(1), ":seen": N(3)}
    assert agree(servers, "update_item", ExpressionAttributeValues=values, **release)["code"]
    values[":seen"] = N(4)
    assert agree(servers, "update_item", ExpressionAttributeValues=values, **release)["Attributes"] == {
        "releasedAt": N(9005), "ver": N(5)}
    assert agree(servers, "update_item", TableName=name, **acknowledge("ben", 1001, 9006, 9999))["Attributes"]["ver"] == N(6)


def test_eight_operators_at_once_make_one_winner(sim):
    client = sim.client("dynamodb", max_pool_connections=8)
    client.create_table(TableName="contested", **KEYS)
    for row in range(25):
        key = {"pk": S("F#noc#1"), "sk": S(f"row-{row}")}
        results = []

        def one(who):
            results.append((who, said(client, "update_item", TableName="contested",
                                      **dict(acknowledge(who, 1, 10, 20), Key=key))))

        threads = [threading.Thread(target=one, args=(f"operator-{n}",)) for n in range(8)]
        [t.start() for t in threads]
        [t.join() for t in threads]
        winners = [who for who, answer in results if "Attributes" in answer]
        assert len(winners) == 1
        for who, answer in results:
            assert who in winners or answer["Item"]["owner"] == S(winners[0])


def test_items_are_put_got_changed_and_deleted(both):
    servers, name = table(both)
    item = dict(KEY, n=N("1.5"), yes={"BOOL": True}, no={"NULL": True}, raw={"B": b"\x00\xff"},
                list={"L": [S("a"), {"M": {"x": N(1)}}]}, tags={"SS": ["a", "b"]}, hits={"NS": ["1", "2"]})
    assert agree(servers, "put_item", TableName=name, Item=item) == {}
    got = agree(servers, "get_item", TableName=name, Key=KEY, ConsistentRead=True)["Item"]
    assert got["raw"] == {"B": b"\x00\xff"}
    # moto looks for `#l`, not for `#l[1]`.
    part = servers[0].get_item(TableName=name, Key=KEY, ProjectionExpression="#l[1].x, tags",
                               ExpressionAttributeNames={"#l": "list"})["Item"]
    assert part == {"list": {"L": [{"M": {"x": N(1)}}]}, "tags": {"SS": ["a", "b"]}}
    agree(servers, "get_item", TableName=name, Key=KEY, ProjectionExpression="tags, #n", ExpressionAttributeNames={"#n": "n"})
    update = lambda text, **more: agree(servers, "update_item", TableName=name, Key=KEY, UpdateExpression=text, **more)
    names = {"#l": "list"}
    for text, values, wanted in [
        ("SET n = n + :one, m = if_not_exists(m, :one)", {":one": N(1)}, "UPDATED_NEW"),
        ("SET n = n - :one", {":one": N(1)}, "UPDATED_OLD"),
        ("ADD n :one, fresh :one, tags :t", {":one": N(1), ":t": {"SS": ["c"]}}, "ALL_NEW"),
        ("DELETE tags :t", {":t": {"SS": ["a", "b"]}}, "ALL_NEW"),
        ("REMOVE fresh SET gone = :one", {":one": N(1)}, "ALL_OLD"),
    ]:
        update(text, ExpressionAttributeValues=values, ReturnValues=wanted)
    update("SET #l = list_append(#l, :more)", ExpressionAttributeNames=names, ReturnValues="ALL_NEW",
           ExpressionAttributeValues={":more": {"L": [N(3)]}})
    update("SET #l[0] = :one, #l[9] = :one", ExpressionAttributeNames=names, ReturnValues="ALL_NEW",
           ExpressionAttributeValues={":one": N(1)})
    update("REMOVE #l[0]", ExpressionAttributeNames=names, ReturnValues="ALL_NEW")
    old = agree(servers, "put_item", TableName=name, Item=dict(KEY, a=N(1)), ReturnValues="ALL_OLD")
    assert "tags" in old["Attributes"]
    refused = agree(servers, "delete_item", TableName=name, Key=KEY, ConditionExpression="a > :n",
                    ExpressionAttributeValues={":n": N(1)}, ReturnValuesOnConditionCheckFailure="ALL_OLD")
    assert refused["Item"]["a"] == N(1)
    assert agree(servers, "delete_item", TableName=name, Key=KEY, ReturnValues="ALL_OLD")["Attributes"] == dict(KEY, a=N(1))
    assert agree(servers, "delete_item", TableName=name, Key=KEY, ReturnValues="ALL_OLD") == {}
    assert agree(servers, "get_item", TableName=name, Key=KEY) == {}
    # An update makes the item, with its key.
    made = agree(servers, "update_item", TableName=name, Key=KEY, UpdateExpression="ADD n :one",
                 ExpressionAttributeValues={":one": N(1)}, ReturnValues="ALL_NEW")
    assert made["Attributes"] == dict(KEY, n=N(1))
    # moto breaks over an update of nothing.
    assert servers[0].update_item(TableName=name, Key=KEY, ReturnValues="ALL_NEW")["Attributes"] == dict(KEY, n=N(1))


CONDITIONS = [
    ("a = :one AND NOT b = :one", True), ("a = :one AND NOT a = :one", False), ("a <> :two", True),
    ("absent <> :two", True), ("absent = :two", False), ("absent < :two", False),
    ("a BETWEEN :one AND :two", True), ("b BETWEEN :one AND :two", False), ("a IN (:two, :one)", True),
    ("attribute_exists(m.x)", True), ("attribute_exists(m.y)", False), ("attribute_not_exists(m.y.z)", True),
    ("begins_with(t, :w)", True), ("contains(t, :w)", True), ("contains(s, :w)", False), ("contains(s, :el)", True),
    ("size(t) > :two", True), ("size(m) = :one", True), ("attribute_type(t, :kind)", True),
    ("a = :two OR b = :three AND a = :one", True), ("(a = :one OR b = :two) AND b = :two", False),
    ("l[0] = :one", True),
]


@pytest.mark.parametrize("text, holds", CONDITIONS)
def test_conditions_mean_the_same_in_both(both, text, holds):
    servers, name = both[0], "conditions"
    for client in servers:
        if name not in client.list_tables()["TableNames"]:
            client.create_table(TableName=name, **KEYS)
    put(servers, name, **KEY, a=N(1), b=N(3), t=S("web-1"), s={"SS": ["el", "em"]}, m={"M": {"x": N(1)}}, l={"L": [N(1)]})
    known = {":one": N(1), ":two": N(2), ":three": N(3), ":w": S("web"), ":el": S("el"), ":kind": S("S")}
    values = {k: v for k, v in known.items() if k in text.replace("(", " ").replace(")", " ").replace(",", " ").split()}
    more = {"ExpressionAttributeValues": values} if values else {}
    answer = agree(servers, "put_item", TableName=name, Item=dict(KEY, done=N(1)), ConditionExpression=text, **more)
    assert ("code" not in answer) == holds


def test_a_partition_is_queried_in_pages(both):
    servers, name = table(both)
    for n in range(12):
        put(servers, name, pk=S("a" if n % 3 else "b"), sk=S(f"{n:02}"), n=N(n))
    query = dict(TableName=name, KeyConditionExpression="pk = :p", ExpressionAttributeValues={":p": S("a")}, ConsistentRead=True)
    all_of_it = agree(servers, "query", **query)
    assert [i["n"]["N"] for i in all_of_it["Items"]] == ["1", "2", "4", "5", "7", "8", "10", "11"]
    assert all_of_it["Count"] == all_of_it["ScannedCount"] == 8 and "LastEvaluatedKey" not in all_of_it
    found, start = [], {}
    while True:
        page = agree(servers, "query", Limit=3, **query, **start)
        found += page["Items"]
        if "LastEvaluatedKey" not in page:
            break
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}
    assert found == all_of_it["Items"]
    down = agree(servers, "query", ScanIndexForward=False, Limit=2, **query)
    assert [i["n"]["N"] for i in down["Items"]] == ["11", "10"]
    agree(servers, "query", ScanIndexForward=False, Limit=2, ExclusiveStartKey=down["LastEvaluatedKey"], **query)
    for condition, values in [
        ("pk = :p AND sk > :a", {":a": S("05")}), ("sk <= :a AND pk = :p", {":a": S("05")}),
        ("pk = :p AND sk BETWEEN :a AND :b", {":a": S("04"), ":b": S("08")}),
        ("pk = :p AND begins_with(sk, :a)", {":a": S("1")}), ("(pk = :p) AND (sk = :a)", {":a": S("07")}),
    ]:
        agree(servers, "query", TableName=name, KeyConditionExpression=condition,
              ExpressionAttributeValues={":p": S("a"), **values})
    filtered = agree(servers, "query", FilterExpression="n > :n", ProjectionExpression="n", TableName=name,
                     KeyConditionExpression="pk = :p", ExpressionAttributeValues={":p": S("a"), ":n": N(5)})
    assert filtered["Count"] == 4 and filtered["ScannedCount"] == 8
    agree(servers, "query", Select="COUNT", **query)
    ours = servers[0]
    scanned = [p for p in ours.get_paginator("scan").paginate(TableName=name, PaginationConfig={"PageSize": 5})]
    assert sorted(i["n"]["N"] for p in scanned for i in p["Items"]) == sorted(str(n) for n in range(12))
    parts = [ours.scan(TableName=name, Segment=n, TotalSegments=3)["Items"] for n in range(3)]
    assert sorted(i["sk"]["S"] for p in parts for i in p) == [f"{n:02}" for n in range(12)]
    agree([ours, servers[1]], "scan", TableName=name, FilterExpression="n = :n", ExpressionAttributeValues={":n": N(3)})


def test_a_batch_is_read_at_once(both):
    servers, name = table(both)
    for n in range(4):
        put(servers, name, pk=S("a"), sk=S(str(n)), n=N(n))
    keys = [{"pk": S("a"), "sk": S(str(n))} for n in (0, 2, 9)]
    answers = [c.batch_get_item(RequestItems={name: {"Keys": keys, "ConsistentRead": True}}) for c in servers]
    for answer in answers:
        assert sorted(i["n"]["N"] for i in answer["Responses"][name]) == ["0", "2"]
        assert answer["UnprocessedKeys"] == {}
    agree(servers, "batch_get_item", RequestItems={name: {"Keys": [keys[0], keys[0]]}})
    many = [{"pk": S("a"), "sk": S(str(n))} for n in range(101)]
    agree(servers, "batch_get_item", RequestItems={name: {"Keys": many}}, words=False)


def test_a_transaction_is_all_or_nothing(both):
    servers, name = table(both)
    put(servers, name, pk=S("a"), sk=S("1"), ver=N(1))
    key = lambda n: {"pk": S("a"), "sk": S(str(n))}

    def transaction(seen, token=None):
        more = {"ClientRequestToken": token} if token else {}
        return agree(servers, "transact_write_items", TransactItems=[
            {"Update": {"TableName": name, "Key": key(1), "UpdateExpression": "ADD ver :one",
                        "ConditionExpression": "ver = :seen", "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
                        "ExpressionAttributeValues": {":one": N(1), ":seen": N(seen)}}},
            {"Put": {"TableName": name, "Item": dict(key(2), audit=S(f"took over at {seen}"))}},
            {"ConditionCheck": {"TableName": name, "Key": key(3), "ConditionExpression": "attribute_not_exists(pk)"}},
        ], **more)

    lost = transaction(7)
    assert lost["code"] == "TransactionCanceledException"
    assert [r["Code"] for r in lost["CancellationReasons"]] == ["ConditionalCheckFailed", "None", "None"]
    assert lost["CancellationReasons"][0]["Item"]["ver"] == N(1)
    assert agree(servers, "get_item", TableName=name, Key=key(2)) == {}
    transaction(1)
    assert agree(servers, "get_item", TableName=name, Key=key(1))["Item"]["ver"] == N(2)
    assert agree(servers, "get_item", TableName=name, Key=key(2))["Item"]["audit"] == S("took over at 1")
    twice = {"Delete": {"TableName": name, "Key": key(1)}}
    agree(servers, "transact_write_items", TransactItems=[twice, twice])


def test_a_transaction_with_a_token_happens_once(fresh):
    sim = fresh("--speed", "0")
    client = sim.client("dynamodb")
    client.create_table(TableName="tokens", **KEYS)
    item = {"Update": {"TableName": "tokens", "Key": KEY, "UpdateExpression": "ADD n :one",
                       "ExpressionAttributeValues": {":one": N(1)}}}
    for _ in range(3):
        client.transact_write_items(TransactItems=[item], ClientRequestToken="take-over-1")
    assert client.get_item(TableName="tokens", Key=KEY)["Item"]["n"] == N(1)
    item["Update"]["ExpressionAttributeValues"][":one"] = N(2)
    with pytest.raises(client.exceptions.IdempotentParameterMismatchException):
        client.transact_write_items(TransactItems=[item], ClientRequestToken="take-over-1")
    sim.control("POST", "clock", {"advance": "11m"})
    client.transact_write_items(TransactItems=[item], ClientRequestToken="take-over-1")
    assert client.get_item(TableName="tokens", Key=KEY)["Item"]["n"] == N(3)


WRONG = [
    ("update_item", dict(UpdateExpression="SET owner = :v", ExpressionAttributeValues={":v": N(1)})),
    ("update_item", dict(UpdateExpression="SET a = :v")),
    ("update_item", dict(UpdateExpression="SET a = :v", ExpressionAttributeValues={":v": N(1), ":w": N(1)})),
    ("update_item", dict(UpdateExpression="SET a = :v", ExpressionAttributeValues={":v": N(1)},
                         ExpressionAttributeNames={"#n": "n"})),
    ("update_item", dict(UpdateExpression="SET a = b", )),
    ("update_item", dict(UpdateExpression="SET pk = :v", ExpressionAttributeValues={":v": S("x")})),
    ("update_item", dict(UpdateExpression="SET a = :v, a = :v", ExpressionAttributeValues={":v": N(1)})),
    ("update_item", dict(UpdateExpression="ADD t :v", ExpressionAttributeValues={":v": N(1)})),
    ("update_item", dict(UpdateExpression="SET a = :v + :v", ExpressionAttributeValues={":v": S("x")})),
    ("update_item", dict(UpdateExpression="")),
    ("get_item", dict(Key={"pk": S("a")})),
    ("get_item", dict(Key={"pk": S("a"), "sk": S("")})),
    ("put_item", dict(Item={"pk": S("a")})),
    ("put_item", dict(Item={"pk": S("a"), "sk": N(1)})),
    ("put_item", dict(Item=dict(KEY, n={"N": "many"}))),
    ("put_item", dict(Item=KEY, ReturnValues="ALL_NEW")),
    ("put_item", dict(Item=dict(KEY, n=S("x" * 410_000)))),
    ("query", dict(KeyConditionExpression="sk = :v", ExpressionAttributeValues={":v": S("x")})),
    ("query", dict(KeyConditionExpression="pk = :v AND n = :v", ExpressionAttributeValues={":v": S("x")})),
    ("query", dict(KeyConditionExpression="pk > :v", ExpressionAttributeValues={":v": S("x")})),
    ("query", dict()),
]


# What AWS refuses and moto takes, or breaks over.
ONLY_OURS = [
    ("update_item", dict(UpdateExpression="SET #a = :v", ExpressionAttributeValues={":v": N(1)}), "name"),
    ("update_item", dict(UpdateExpression="SET t.x = :v", ExpressionAttributeValues={":v": N(1)}), "document path"),
    ("get_item", dict(Key={"pk": S("a"), "sk": N(1)}), "does not match the schema"),
    ("put_item", dict(Item=dict(KEY, n={"N": "9" * 39})), "38 significant digits"),
    ("query", dict(KeyConditionExpression="pk = :v OR sk = :v", ExpressionAttributeValues={":v": S("x")}), "OR"),
    ("update_item", dict(UpdateExpression="SET n = :v", ConditionExpression="size(n) < :v",
                         ExpressionAttributeValues={":v": N(1), ":w": N(1)}), ":w"),
]


@pytest.mark.parametrize("case", range(len(ONLY_OURS)))
def test_bad_input_is_refused_where_moto_is_lenient(both, case):
    client, name = both[0][0], "refusals-of-ours"
    if name not in client.list_tables()["TableNames"]:
        client.create_table(TableName=name, **KEYS)
    client.put_item(TableName=name, Item=dict(KEY, t=S("x")))
    operation, arguments, part = ONLY_OURS[case]
    if operation == "update_item":
        arguments = {"Key": KEY, **arguments}
    answer = said(client, operation, TableName=name, **arguments)
    assert answer["code"] == "ValidationException" and part in answer["message"]


@pytest.mark.parametrize("case", range(len(WRONG)))
def test_bad_input_is_refused_by_both(both, case):
    servers, name = both[0], "refusals"
    for client in servers:
        if name not in client.list_tables()["TableNames"]:
            client.create_table(TableName=name, **KEYS)
    put(servers, name, **KEY, t=S("x"))
    operation, arguments = WRONG[case]
    if operation == "update_item":
        arguments = {"Key": KEY, **arguments}
    answer = agree(servers, operation, words=False, TableName=name, **arguments)
    assert answer == {"code": "ValidationException"}


def test_what_is_not_there(both):
    servers, name = both
    agree(servers, "describe_table", TableName=name, words=False)
    agree(servers, "delete_table", TableName=name, words=False)
    assert agree(servers, "get_item", TableName=name, Key=KEY)["code"] == "ResourceNotFoundException"
    agree(servers, "put_item", TableName=name, Item=KEY)
    agree(servers, "query", TableName=name, KeyConditionExpression="pk = :v", ExpressionAttributeValues={":v": S("x")})
    agree(servers, "describe_continuous_backups", TableName=name, words=False)
    assert said(servers[0], "describe_time_to_live", TableName=name)["code"] == "ResourceNotFoundException"


def test_a_table_is_made_described_and_deleted(both):
    servers, name = table(both)
    assert agree(servers, "create_table", TableName=name, words=False, **KEYS) == {"code": "ResourceInUseException"}
    ours, theirs = [client.describe_table(TableName=name)["Table"] for client in servers]
    for member in ("AttributeDefinitions", "TableName", "KeySchema", "TableStatus", "ItemCount", "DeletionProtectionEnabled"):
        assert ours[member] == theirs[member], member
    assert ours["BillingModeSummary"]["BillingMode"] == theirs["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert ours["TableArn"] == f"arn:aws:dynamodb:eu-west-1:111111111111:table/{name}"
    spec = {"Enabled": True, "AttributeName": "ttl"}
    assert agree(servers, "update_time_to_live", TableName=name, TimeToLiveSpecification=spec)
    assert agree(servers, "describe_time_to_live", TableName=name)["TimeToLiveDescription"] == {
        "TimeToLiveStatus": "ENABLED", "AttributeName": "ttl"}
    # moto enables it twice.
    assert said(servers[0], "update_time_to_live", TableName=name, TimeToLiveSpecification=spec)["code"] == "ValidationException"
    for client in servers:
        status = client.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
        assert status["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "DISABLED"
        client.update_continuous_backups(
            TableName=name, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True})
        status = client.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
        assert status["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"
        assert status["PointInTimeRecoveryDescription"]["EarliestRestorableDateTime"]
        # By its ARN, too.
        arn = client.describe_table(TableName=name)["Table"]["TableArn"]
        assert client.describe_table(TableName=arn)["Table"]["TableName"] == name
        client.delete_table(TableName=name)
        client.get_waiter("table_not_exists").wait(TableName=name)
        assert name not in client.list_tables()["TableNames"]


def test_a_table_takes_its_time_when_the_scenario_says_so(fresh, tmp_path):
    scenario = tmp_path / "slow.toml"
    scenario.write_text('title = "Slow tables"\nregions = ["eu-west-1"]\n[dynamodb]\ncreating = "8s"\n'
                        '[[account]]\nid = "111111111111"\nname = "one"\n')
    sim = fresh("--scenario", str(scenario), "--speed", "0")
    client = sim.client("dynamodb")
    assert client.create_table(TableName="ledger", **KEYS)["TableDescription"]["TableStatus"] == "CREATING"
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.get_item(TableName="ledger", Key=KEY)
    with pytest.raises(client.exceptions.ResourceInUseException):
        client.delete_table(TableName="ledger")
    sim.control("POST", "clock", {"advance": "9s"})
    assert client.describe_table(TableName="ledger")["Table"]["TableStatus"] == "ACTIVE"
    assert client.get_item(TableName="ledger", Key=KEY)["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert client.delete_table(TableName="ledger")["TableDescription"]["TableStatus"] == "DELETING"


def test_items_end_after_their_time(fresh):
    sim = fresh("--speed", "0")
    client = sim.client("dynamodb")
    client.create_table(TableName="ledger", **KEYS)
    client.update_time_to_live(TableName="ledger", TimeToLiveSpecification={"Enabled": True, "AttributeName": "ttl"})
    now = sim.control("GET", "clock")["millis"] // 1000
    client.put_item(TableName="ledger", Item=dict(KEY, ttl=N(now + 60)))
    sim.control("POST", "clock", {"advance": "10m"})
    assert "Item" in client.get_item(TableName="ledger", Key=KEY), "past its end it lingers"
    sim.control("POST", "clock", {"advance": "2h"})
    assert "Item" not in client.get_item(TableName="ledger", Key=KEY)


def test_throttling_has_its_own_code_and_the_clock_can_be_wrong(sim):
    client = sim.client("dynamodb")
    with sim.fault("throttle", service="dynamodb", operation="ListTables"):
        with pytest.raises(client.exceptions.ProvisionedThroughputExceededException):
            client.list_tables()
    head = lambda: email.utils.parsedate_to_datetime(client.list_tables()["ResponseMetadata"]["HTTPHeaders"]["date"])
    off = lambda: (head() - datetime.datetime.now(datetime.timezone.utc)).total_seconds()
    assert abs(off()) < 5
    with sim.fault("clock-ahead", service="dynamodb", delay="45s"):
        assert 38 < off() < 52
    with sim.fault("clock-behind", service="dynamodb", delay="45s"):
        assert -52 < off() < -38


def test_a_lost_answer_is_a_write_all_the_same(sim):
    client = sim.client("dynamodb")
    client.create_table(TableName="lossy", **KEYS)
    with sim.fault("lost", operation="PutItem"):
        with pytest.raises((ConnectionClosedError, ConnectionResetError, socket.error)):
            client.put_item(TableName="lossy", Item=KEY)
    assert client.get_item(TableName="lossy", Key=KEY)["Item"] == KEY
    last = sim.control("GET", "changes")[-1]
    assert (last["operation"], last["outcome"]) == ("PutItem", "done")


def test_what_is_changed_is_counted_and_told(fresh):
    sim = fresh("--speed", "0")
    client = sim.client("dynamodb")
    client.list_tables()
    assert sim.control("GET", "calls")["changes"] == 0 and sim.control("GET", "changes") == []
    client.create_table(TableName="ledger", **KEYS)
    with pytest.raises(ClientError):
        client.create_table(TableName="ledger", **KEYS)
    calls = sim.control("GET", "calls")
    assert calls["changes"] == 2
    assert {(o["operation"], o["changes"]) for o in calls["operations"]} == {("ListTables", False), ("CreateTable", True)}
    first, second = sim.control("GET", "changes")
    assert first["input"]["TableName"] == "ledger" and first["caller"] == "arn:aws:iam::111111111111:user/operator"
    assert (first["outcome"], second["outcome"]) == ("done", "ResourceInUseException")


def test_the_command_line_works(sim):
    sim.aws("dynamodb", "create-table", "--table-name", "by-hand", "--billing-mode", "PAY_PER_REQUEST",
            "--attribute-definitions", "AttributeName=pk,AttributeType=S", "--key-schema", "AttributeName=pk,KeyType=HASH")
    sim.aws("dynamodb", "put-item", "--table-name", "by-hand", "--item", '{"pk": {"S": "x"}, "n": {"N": "1"}}')
    assert sim.aws("dynamodb", "scan", "--table-name", "by-hand")["Items"] == [{"pk": S("x"), "n": N(1)}]
    assert [t["TableName"] for t in sim.truth("dynamodb", "111111111111")["Tables"] if t["TableName"] == "by-hand"]


def test_half_of_a_batch_comes_later(sim):
    client = sim.client("dynamodb")
    client.create_table(TableName="halves", **KEYS)
    keys = [{"pk": S("a"), "sk": S(str(n))} for n in range(5)]
    for key in keys:
        client.put_item(TableName="halves", Item=key)
    with sim.fault("half", operation="BatchGetItem", count=1):
        first = client.batch_get_item(RequestItems={"halves": {"Keys": keys, "ConsistentRead": True}})
    assert first["Responses"]["halves"] == keys[::2] and first["UnprocessedKeys"]["halves"]["Keys"] == keys[1::2]
    rest = client.batch_get_item(RequestItems=first["UnprocessedKeys"])
    assert rest["Responses"]["halves"] == keys[1::2] and rest["UnprocessedKeys"] == {}

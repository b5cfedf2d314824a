"""Writes the states `then` and `now` that `benches/baseline/generate.rs` makes, byte for byte: python3 states.py FOLDER [PROFILES [MEGABYTES]]

With MEGABYTES other than 3 there are profiles alone, as in the row "one profile of 20 MB".
"""
import sys
from pathlib import Path

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<{0} xmlns="http://soap.sforce.com/2006/04/metadata">\n'


class Chance:
    """Numbers that look like chance and are none."""

    number = 42

    def below(self, bound):
        self.number = (self.number * 6364136223846793005 + 1442695040888963407) % 2**64
        return (self.number >> 33) % max(bound, 1)


def entries(chance, size):
    fields = size // 195
    for number in range(fields // 6):
        enabled = chance.below(2) == 0 or number % 7 == 0
        yield ["classAccesses", "apexClass", f"Class{number:06}", [("enabled", enabled)]]
    for number in range(fields):
        flags = [("editable", chance.below(2) == 0), ("readable", True)]
        yield ["fieldPermissions", "field", f"Object{number // 60:04}__c.Field{number:06}__c", flags]
    for number in range(fields // 60):
        flags = [(name, chance.below(2) == 0) for name in ("allowCreate", "allowDelete", "allowEdit")]
        flags += [("allowRead", True), ("modifyAllRecords", False), ("viewAllFields", False), ("viewAllRecords", False)]
        yield ["objectPermissions", "object", f"Object{number:04}__c", flags]
    for number in range(200):
        yield ["userPermissions", "name", f"Permission{number:04}", [("enabled", True)]]


def change(chance, now, number):
    """Two changes: one flag, and an entry that goes or comes."""
    entry = now[index := chance.below(len(now))]
    flags = entry[3]
    at = next((at for at, flag in enumerate(flags) if flag[0] not in ("readable", "allowRead", "enabled")), 0)
    now[index] = entry[:3] + [flags[:at] + [(flags[at][0], not flags[at][1])] + flags[at + 1:]]
    match number % 4:
        case 0:
            now.pop(len(now) - (2 if now[-1][2] == entry[2] else 1))
        case 1:
            now.pop(next((at for at, one in enumerate(now) if one[0] == "fieldPermissions" and one[2] != entry[2]), 0))
        case 2:
            now.append(["userPermissions", "name", "ZzNew", [("enabled", True)]])
        case _:
            now.insert(0, ["classAccesses", "apexClass", "AaNew", [("enabled", True)]])
    if number % 10 == 3:
        first = next((at for at, one in enumerate(now) if one[0] == "objectPermissions"), 0)
        end = next((at for at in range(first, len(now)) if now[at][0] != "objectPermissions"), len(now))
        now[first:end] = now[first:end][::-1]


def write(path, root, head, entries):
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="\n") as file:
        file.write(HEAD.format(root))
        for section, key_name, key, flags in entries:
            if head and section > "custom":
                file.write(f"    {head}\n")
                head = ""
            children = sorted([(name, str(flag).lower()) for name, flag in flags] + [(key_name, key)])
            lines = "".join(f"        <{name}>{value}</{name}>\n" for name, value in children)
            file.write(f"    <{section}>\n{lines}    </{section}>\n")
        file.write(f"</{root}>\n")


def app(number, relaxation, policy, scopes):
    return HEAD.format("ConnectedApp") + f"""    <contactEmail>it@example.com</contactEmail>
    <label>App {number}</label>
    <oauthConfig>
        <callbackUrl>https://{number}.example.com/callback</callbackUrl>
        <isAdminApproved>false</isAdminApproved>
        <scopes>{scopes[0]}</scopes>
        <scopes>{scopes[1]}</scopes>
    </oauthConfig>
    <oauthPolicy>
        <ipRelaxation>{relaxation}</ipRelaxation>
        <refreshTokenPolicy>{policy}</refreshTokenPolicy>
    </oauthPolicy>
</ConnectedApp>
"""


def main(folder, profiles=100, megabytes=3):
    chance = Chance()
    sets, apps = (40, 25) if megabytes == 3 else (0, 0)
    for root, place, count, size, head in [
        ("Profile", "profiles", profiles, megabytes * 1_000_000, "<custom>true</custom>"),
        ("PermissionSet", "permissionsets", sets, 250_000, ""),
    ]:
        for number in range(count):
            then = list(entries(chance, size))
            now = list(then)
            change(chance, now, number)
            for side, state in (("then", then), ("now", now)):
                write(folder / side / place / f"{root} {number:04}.{root.lower()}", root, head, state)
    for number in range(apps):
        for side, *rest in (("then", "ENFORCE", "infinite", ("Api", "Web")), ("now", "BYPASS", "zero", ("Web", "Api"))):
            path = folder / side / "connectedApps" / f"App_{number:03}.connectedApp"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(app(number, *rest))


main(Path(sys.argv[1]), *map(int, sys.argv[2:]))

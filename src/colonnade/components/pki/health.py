"""How long a machine's certificates last as it sees them itself: by its clock, against its copy of the CA."""

from __future__ import annotations

from colonnade.kit.checks import Answer, Health

LEAST_DAYS = 7

# $1 is the CA, the others are certificates. Prints `FILE DAYS`, or `FILE REASON` of one that does not verify:
# it has expired, another CA signed it, or it isn't valid yet because the machine's clock is wrong.
SCRIPT = """\
ca=$1; shift
for file; do
  if reason=$(openssl verify -CAfile "$ca" "$file" 2>&1); then
    end=$(openssl x509 -noout -enddate -in "$file")
    echo "$file $((($(date -d "${end#*=}" +%s) - $(date +%s)) / 86400))"
  else
    echo "$file $(echo "$reason" | sed -n 's/^error [0-9]* at [^:]*: *//p' | head -n 1)"
  fi
done
"""


def lifetimes(answer: Answer) -> Health:
    rows = [line.split(" ", 1) for line in answer.stdout.splitlines()]
    if answer.exit != 0 or not rows:
        return Health(False, answer.stderr.strip() or f"exit {answer.exit}")
    for file, said in rows:
        if not said.lstrip("-").isdigit():
            return Health(False, f"{_id(file)}: {said or 'does not verify'}")
    days, name = min((int(said), _id(file)) for file, said in rows)
    if days < LEAST_DAYS:
        return Health(False, f"{name} lasts {days} more days; `colonnade up` renews it")
    return Health(True, f"{days} days left")


def _id(file: str) -> str:
    """`/etc/colonnade/pki/web-web1/chain.pem` -> `web-web1`."""
    return file.rsplit("/", 2)[-2]

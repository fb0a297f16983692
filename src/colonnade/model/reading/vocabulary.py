"""The words of the trade that name no room of the product, as regular expressions. Asked by `words`."""

from __future__ import annotations

MEMBER, USER, NET, JOINT, STAFF, LOOSE, FACT, EXTERNAL = (
    "member",
    "user",
    "net",
    "joint",
    "staff",
    "loose",
    "fact",
    "external",
)

UPLINK = "an uplink"
"""What a NET word stands for that is a line to the Internet."""
NEUTRAL: tuple[tuple[str, str, str], ...] = (
    (
        USER,
        "users",
        (
            r"(?:end |web |internet |external )?users?|visitors?|customers?|public(?: internet)?|people|"
            r"person|audience"
        ),
    ),
    (
        USER,
        "users",
        (
            r"(?:web )?browsers?|(?:web |http |api )?clients?(?: browsers?| apps?| applications?|"
            r" devices?)?|chrome|firefox|safari"
        ),
    ),
    (
        USER,
        "users",
        (
            r"(?:mobile|desktop|user s?|client s?)(?: (?:apps?|devices?|phones?|laptops?|computers?|pcs?|"
            r"machines?|browsers?))?"
        ),
    ),
    (
        USER,
        "users",
        (
            r"laptop|smart ?phones?|phones?|ios|android|internet|world ?wide web|the web|web traffic|"
            r"(?:user |incoming )?traffic"
        ),
    ),
    (USER, "users", r"(?:http |https |user |client )?requests?"),
    (
        NET,
        "DNS",
        (
            r"(?:public |authoritative |recursive )?(?:dns|domain name system)(?: (?:servers?|resolvers?|"
            r"records?|lookup|provider|zone|service))?"
        ),
    ),
    (
        NET,
        "DNS",
        (
            r"name ?servers?|resolvers?|route ?53|domains?(?: names?)?|registrar|(?:a|cname|"
            r"www) records?|website|web ?site|router|network switch"
        ),
    ),
    (
        NET,
        UPLINK,
        (
            r"(?:internet |wan |network |upstream )?up ?links?|isps?|internet service providers?|wan|"
            r"(?:internet|wan|upstream|carrier|isp|fib(?:er|re)) (?:connections?|links?|lines?|access|"
            r"provider|circuits?)|line to the internet"
        ),
    ),
    (
        STAFF,
        "people who operate the site",
        (
            r"(?:system |sys |db |database )?admin(?:istrator)?s?|operators?|devops|dev(?:eloper)?s?|"
            r"engineers?|sre"
        ),
    ),
    (
        STAFF,
        "people who operate the site",
        (
            r"(?:on ?call|ops)(?: team)?|ci ?cd|ci|jenkins|git ?hub(?: actions)?|git ?lab|"
            r"bastion(?: host)?|jump (?:host|server|box)|ssh"
        ),
    ),
    (
        LOOSE,
        "no machine",
        (
            r"(?:application|app|static|web|website|site|source|code|html|media|log|"
            r"config(?:uration)?) ?files?|files"
        ),
    ),
    (
        LOOSE,
        "no machine",
        (
            r"(?:application |app |web |site )?(?:code ?base|source code|code|repository|repo|"
            r"artifacts?)(?: files?)?"
        ),
    ),
    (
        LOOSE,
        "no machine",
        r"(?:static )?(?:assets?|content|pages?)|(?:html|web) pages?|html|css|scripts?|images",
    ),
    (
        LOOSE,
        "no machine",
        (
            r"(?:http |https |html |final |server )?(?:responses?|results?)(?: page| data)?|legend|"
            r"notes?|comments?|title|key"
        ),
    ),
    (
        LOOSE,
        "no machine",
        (
            r"tables?|schema|(?:my ?sql |database |db |user |application |app )?(?:data|storage)|"
            r"operating system|linux|ubuntu|debian|os"
        ),
    ),
    (
        FACT,
        "vip",
        (
            r"vip|virtual ip(?: address)?|floating ip(?: address)?|elastic ip|shared ip|failover ip|"
            r"keep ?alived|vrrp|heartbeat"
        ),
    ),
    (
        FACT,
        "firewall",
        (
            r"(?:\w+ )?fire ?walls?(?: (?:rules?|\d+))?|ufw|ip ?tables|nf ?tables|security groups?|waf|"
            r"(?:network )?acls?|packet filter|ddos protection"
        ),
    ),
    (
        FACT,
        "certificate",
        (
            r"(?:ssl|tls|https)(?: tls)?(?: (?:cert(?:ificate)?s?|termination|encryption|"
            r"offload(?:ing)?))?|(?:\w+ )?certificates?|certs?|lets ?encrypt|let s encrypt|certbot"
        ),
    ),
    (
        FACT,
        "monitoring",
        (
            r"(?:\w+ )?(?:monitoring|monitors?|metrics|logging|alerting|observability)(?: (?:client|"
            r"agent|server|system|service|tool|stack|dashboard|node|data)s?)?"
        ),
    ),
    (
        FACT,
        "monitoring",
        (
            r"(?:sumo ?logic|data ?dog|new ?relic|prometheus|grafana|nagios|zabbix|splunk|sentry|"
            r"pager ?duty|uptime ?robot|telegraf|netdata|munin|icinga|collectd|fluent ?(?:d|bit)|"
            r"log ?stash|kibana|loki|elk(?: stack)?|wavefront|dynatrace|cloud ?watch|papertrail|"
            r"jaeger)(?: (?:client|agent|server|collector|service|monitoring)s?)?"
        ),
    ),
    (
        FACT,
        "monitoring",
        r"(?:\w+ )?exporters?|(?:data |log )?collectors?|alert ?manager|agents?|log server|logs?",
    ),
    (
        FACT,
        "backup",
        (
            r"(?:(?:database|db|data|my ?sql|daily|nightly|offsite|off site|automated|"
            r"file) )*backups?(?: (?:servers?|storage|service|system|jobs?|files?))?|snapshots?|restic|"
            r"disaster recovery(?: site)?"
        ),
    ),
)
PROGRAMS: tuple[tuple[str, str, bool], ...] = (
    (
        "Redis",
        r"redis(?: (?:cache|cluster|server|sentinel|session store))?|valkey|elasti ?cache|key ?db|dragonfly",
        True,
    ),
    ("memcached", r"mem ?cached?(?: server)?", True),
    (
        "a cache",
        (
            r"(?:distributed |in memory |session |object |page )?cach(?:e|ing)(?: (?:server|layer|"
            r"cluster|tier))?|session store|sessions?"
        ),
        True,
    ),
    (
        "object storage",
        (
            r"(?:amazon |aws )?s3(?: buckets?)?|minio|object stor(?:e|age)|blob stor(?:e|age)|buckets?|"
            r"ceph|gluster ?fs|nfs(?: server| share)?|efs|file ?server|shared (?:storage|file system|"
            r"disk)|nas|san"
        ),
        False,
    ),
    (
        "a CDN",
        (
            r"cdn(?: edge| network)?|content delivery network|cloud ?flare|cloud ?front|fastly|akamai|"
            r"bunny ?cdn|edge cache"
        ),
        True,
    ),
    ("Varnish", r"varnish(?: cache)?|squid(?: proxy)?|http cache", True),
    (
        "Traefik",
        (
            r"traefik|envoy(?: proxy)?|caddy|apache(?:2|2? httpd?| http server| web ?server| server)?|"
            r"httpd|light ?tpd|(?:microsoft )?iis"
        ),
        True,
    ),
    ("an API gateway", r"api gateways?|kong|gateways?|service mesh|istio|ingress(?: controller)?", True),
    (
        "a cloud load balancer",
        r"(?:aws )?(?:elb|alb|nlb)|elastic load balancer|gslb|global load balancer",
        True,
    ),
    (
        "Kafka",
        r"(?:apache )?kafka(?: cluster| broker)?|kinesis|pulsar|event ?bus|event stream(?:ing)?",
        False,
    ),
    ("RabbitMQ", r"rabbit ?mq|active ?mq|nats|mqtt(?: broker)?|sqs|sns", False),
    ("a queue", r"(?:message |job |task |work )?(?:queues?|brokers?)|message bus", False),
    (
        "a worker",
        r"(?:background |celery |queue |job )?workers?|celery|sidekiq|cron(?: ?jobs?)?|scheduler",
        False,
    ),
    (
        "Elasticsearch",
        r"elastic ?search|open ?search|solr|meili ?search|search (?:engine|index|server|cluster|service)",
        False,
    ),
    (
        "MongoDB",
        (
            r"mongo(?: ?db)?|couch ?(?:db|base)|dynamo ?db|fire ?(?:base|store)|cassandra|scylla ?db|"
            r"(?:no ?sql|document)(?: database| db| store)?"
        ),
        False,
    ),
    (
        "PostgreSQL",
        (
            r"postgre(?:s|sql)?(?: (?:\w+ )?(?:database|db|server|primary|replica|cluster))?|pg ?sql|"
            r"cockroach ?db|timescale ?db"
        ),
        False,
    ),
    (
        "a database of another make",
        (
            r"oracle(?: database| db)?|ms ?sql(?: server)?|(?:azure )?sql server|sqlite|influx ?db|"
            r"click ?house|maria ?db galera|aurora|rds|neo4j|snowflake|big ?query|data warehouse|etcd|"
            r"consul|zookeeper|vault"
        ),
        False,
    ),
    (
        "a mail server",
        (
            r"smtp(?: server| relay)?|e ?mail(?: server| service| provider)?|mail(?: ?server| relay|"
            r" service)?|postfix|send ?grid|mail ?gun|ses"
        ),
        False,
    ),
    (
        "a service of others",
        (
            r"(?:third party|3rd party|external|partner)(?: (?:api|service|system|provider|"
            r"payment gateway)s?)?|payment(?: gateway| provider| service| api)?|stripe|pay ?pal|twilio|"
            r"oauth(?: provider)?|auth0|okta|keycloak|ldap|active directory|identity provider"
        ),
        False,
    ),
    (
        "Docker",
        r"docker(?: swarm| engine| host)?|kubernetes|k8s|containers?|lambda(?: functions?)?|serverless",
        False,
    ),
)
"""Programs that people draw and that no room is promised for: (what, words, whether requests go on through it
to what is behind).
"""

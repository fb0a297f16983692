-- The primary key is the id the client made: posting an entry twice stores it once, whatever failed in between.
-- `seq` gives the order; it does not depend on any machine's clock.
-- `repeats` counts how often a stored id was posted again (see entries.py for why that is a write).
CREATE TABLE IF NOT EXISTS entries (
    id         VARCHAR(64)     CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    seq        BIGINT UNSIGNED NOT NULL AUTO_INCREMENT UNIQUE,
    text       VARCHAR(2000)   CHARACTER SET utf8mb4 NOT NULL,
    repeats    BIGINT UNSIGNED NOT NULL DEFAULT 0,
    created_at DATETIME(6)     NOT NULL DEFAULT (UTC_TIMESTAMP(6))
) ENGINE = InnoDB;

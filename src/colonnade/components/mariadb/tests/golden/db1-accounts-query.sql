SELECT CONCAT_WS('\n',
  CONCAT('database: ', COALESCE((SELECT SCHEMA_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = 'app'), 'missing')),
  CONCAT('leftovers: ', COALESCE((SELECT GROUP_CONCAT(User, '@', Host) FROM (
      SELECT User, Host FROM mysql.global_priv
      WHERE User = '' OR User = 'root' AND Host <> 'localhost'
      OR User IN ('app', 'replication')
      AND (User, Host) NOT IN (('replication', '10.0.0.3'), ('replication', '10.0.0.4'), ('app', '10.0.0.1'), ('app', '10.0.0.2'))
) AS surplus), 'none')),
  COALESCE((
    SELECT CONCAT('root@localhost: ',
      IF(JSON_VALUE(Priv, '$.plugin') = 'unix_socket' AND COALESCE(JSON_LENGTH(Priv, '$.auth_or'), 0) < 2, 'unix_socket', 'more than unix_socket'))
    FROM mysql.global_priv WHERE User = 'root' AND Host = 'localhost'), 'root@localhost: missing'),
  COALESCE((
    SELECT CONCAT('mysql@localhost: ',
      IF(JSON_VALUE(Priv, '$.plugin') = 'unix_socket' AND COALESCE(JSON_LENGTH(Priv, '$.auth_or'), 0) < 2, 'unix_socket', 'more than unix_socket'))
    FROM mysql.global_priv WHERE User = 'mysql' AND Host = 'localhost'), 'mysql@localhost: missing'),
  CONCAT('replication@10.0.0.3: ',
    COALESCE((
      SELECT CONCAT(
        IF(JSON_VALUE(Priv, '$.plugin') = 'mysql_native_password' AND COALESCE(JSON_LENGTH(Priv, '$.auth_or'), 0) < 2
          AND JSON_VALUE(Priv, '$.authentication_string') = '*BC93E33447EB68C24C59C53B68B879DF9A4E6B41', 'our password', 'another password'),
        IF(JSON_VALUE(Priv, '$.ssl_type') = 2, ', X509', ', no certificate'),
        IF(COALESCE(JSON_VALUE(Priv, '$.account_locked'), 0) IN ('0', 'false'), '', ', locked'))
      FROM mysql.global_priv WHERE User = 'replication' AND Host = '10.0.0.3'), 'missing'),
    COALESCE((
      SELECT GROUP_CONCAT('; ', place, ': ', held ORDER BY place = 'server', place SEPARATOR '') FROM (
        SELECT place, CONCAT(GROUP_CONCAT(PRIVILEGE_TYPE ORDER BY PRIVILEGE_TYPE SEPARATOR ', '), IF(MAX(IS_GRANTABLE) = 'YES', ', GRANT OPTION', '')) AS held
        FROM (
          SELECT 'server' AS place, GRANTEE, PRIVILEGE_TYPE, IS_GRANTABLE FROM information_schema.USER_PRIVILEGES
          UNION ALL SELECT TABLE_SCHEMA, GRANTEE, PRIVILEGE_TYPE, IS_GRANTABLE FROM information_schema.SCHEMA_PRIVILEGES
          UNION ALL SELECT CONCAT(TABLE_SCHEMA, '.', TABLE_NAME), GRANTEE, PRIVILEGE_TYPE, IS_GRANTABLE FROM information_schema.TABLE_PRIVILEGES
          UNION ALL SELECT CONCAT(TABLE_SCHEMA, '.', TABLE_NAME, '.', COLUMN_NAME), GRANTEE, PRIVILEGE_TYPE, IS_GRANTABLE FROM information_schema.COLUMN_PRIVILEGES
        ) AS privileges
        WHERE GRANTEE = '''replication''@''10.0.0.3'''
        GROUP BY place) AS places), '')),
  CONCAT('replication@10.0.0.4: ',
    COALESCE((
      SELECT CONCAT(
        IF(JSON_VALUE(Priv, '$.plugin') = 'mysql_native_password' AND COALESCE(JSON_LENGTH(Priv, '$.auth_or'), 0) < 2
          AND JSON_VALUE(Priv, '$.authentication_string') = '*BC93E33447EB68C24C59C53B68B879DF9A4E6B41', 'our password', 'another password'),
        IF(JSON_VALUE(Priv, '$.ssl_type') = 2, ', X509', ', no certificate'),
        IF(COALESCE(JSON_VALUE(Priv, '$.account_locked'), 0) IN ('0', 'false'), '', ', locked'))
      FROM mysql.global_priv WHERE User = 'replication' AND Host = '10.0.0.4'), 'missing'),
    COALESCE((
      SELECT GROUP_CONCAT('; ', place, ': ', held ORDER BY place = 'server', place SEPARATOR '') FROM (
        SELECT place, CONCAT(GROUP_CONCAT(PRIVILEGE_TYPE ORDER BY PRIVILEGE_TYPE SEPARATOR ', '), IF(MAX(IS_GRANTABLE) = 'YES', ', GRANT OPTION', '')) AS held
        FROM (
          SELECT 'server' AS place, GRANTEE, PRIVILEGE_TYPE, IS_GRANTABLE FROM information_schema.USER_PRIVILEGES
          UNION ALL SELECT TABLE_SCHEMA, GRANTEE, PRIVILEGE_TYPE, IS_GRANTABLE FROM information_schema.SCHEMA_PRIVILEGES
          UNION ALL SELECT CONCAT(TABLE_SCHEMA, '.', TABLE_NAME), GRANTEE, PRIVILEGE_TYPE, IS_GRANTABLE FROM information_schema.TABLE_PRIVILEGES
          UNION ALL SELECT CONCAT(TABLE_SCHEMA, '.', TABLE_NAME, '.', COLUMN_NAME), GRANTEE, PRIVILEGE_TYPE, IS_GRANTABLE FROM information_schema.COLUMN_PRIVILEGES
        ) AS privileges
        WHERE GRANTEE = '''replication''@''10.0.0.4'''
        GROUP BY place) AS places), '')),
  CONCAT('app@10.0.0.1: ',
    COALESCE((
      SELECT CONCAT(
        IF(JSON_VALUE(Priv, '$.plugin') = 'mysql_native_password' AND COALESCE(JSON_LENGTH(Priv, '$.auth_or'), 0) < 2
          AND JSON_VALUE(Priv, '$.authentication_string') = '*7375C46AA74658AD8BCBCFBFF280677B8707E1F8', 'our password', 'another password'),
        IF(JSON_VALUE(Priv, '$.ssl_type') = 2, ', X509', ', no certificate'),
        IF(COALESCE(JSON_VALUE(Priv, '$.account_locked'), 0) IN ('0', 'false'), '', ', locked'))
      FROM mysql.global_priv WHERE User = 'app' AND Host = '10.0.0.1'), 'missing'),
    COALESCE((
      SELECT GROUP_CONCAT('; ', place, ': ', held ORDER BY place = 'server', place SEPARATOR '') FROM (
        SELECT place, CONCAT(GROUP_CONCAT(PRIVILEGE_TYPE ORDER BY PRIVILEGE_TYPE SEPARATOR ', '), IF(MAX(IS_GRANTABLE) = 'YES', ', GRANT OPTION', '')) AS held
        FROM (
          SELECT 'server' AS place, GRANTEE, PRIVILEGE_TYPE, IS_GRANTABLE FROM information_schema.USER_PRIVILEGES
          UNION ALL SELECT TABLE_SCHEMA, GRANTEE, PRIVILEGE_TYPE, IS_GRANTABLE FROM information_schema.SCHEMA_PRIVILEGES
          UNION ALL SELECT CONCAT(TABLE_SCHEMA, '.', TABLE_NAME), GRANTEE, PRIVILEGE_TYPE, IS_GRANTABLE FROM information_schema.TABLE_PRIVILEGES
          UNION ALL SELECT CONCAT(TABLE_SCHEMA, '.', TABLE_NAME, '.', COLUMN_NAME), GRANTEE, PRIVILEGE_TYPE, IS_GRANTABLE FROM information_schema.COLUMN_PRIVILEGES
        ) AS privileges
        WHERE GRANTEE = '''app''@''10.0.0.1'''
        GROUP BY place) AS places), '')),
  CONCAT('app@10.0.0.2: ',
    COALESCE((
      SELECT CONCAT(
        IF(JSON_VALUE(Priv, '$.plugin') = 'mysql_native_password' AND COALESCE(JSON_LENGTH(Priv, '$.auth_or'), 0) < 2
          AND JSON_VALUE(Priv, '$.authentication_string') = '*7375C46AA74658AD8BCBCFBFF280677B8707E1F8', 'our password', 'another password'),
        IF(JSON_VALUE(Priv, '$.ssl_type') = 2, ', X509', ', no certificate'),
        IF(COALESCE(JSON_VALUE(Priv, '$.account_locked'), 0) IN ('0', 'false'), '', ', locked'))
      FROM mysql.global_priv WHERE User = 'app' AND Host = '10.0.0.2'), 'missing'),
    COALESCE((
      SELECT GROUP_CONCAT('; ', place, ': ', held ORDER BY place = 'server', place SEPARATOR '') FROM (
        SELECT place, CONCAT(GROUP_CONCAT(PRIVILEGE_TYPE ORDER BY PRIVILEGE_TYPE SEPARATOR ', '), IF(MAX(IS_GRANTABLE) = 'YES', ', GRANT OPTION', '')) AS held
        FROM (
          SELECT 'server' AS place, GRANTEE, PRIVILEGE_TYPE, IS_GRANTABLE FROM information_schema.USER_PRIVILEGES
          UNION ALL SELECT TABLE_SCHEMA, GRANTEE, PRIVILEGE_TYPE, IS_GRANTABLE FROM information_schema.SCHEMA_PRIVILEGES
          UNION ALL SELECT CONCAT(TABLE_SCHEMA, '.', TABLE_NAME), GRANTEE, PRIVILEGE_TYPE, IS_GRANTABLE FROM information_schema.TABLE_PRIVILEGES
          UNION ALL SELECT CONCAT(TABLE_SCHEMA, '.', TABLE_NAME, '.', COLUMN_NAME), GRANTEE, PRIVILEGE_TYPE, IS_GRANTABLE FROM information_schema.COLUMN_PRIVILEGES
        ) AS privileges
        WHERE GRANTEE = '''app''@''10.0.0.2'''
        GROUP BY place) AS places), ''))
);

SELECT COALESCE((
  SELECT CONCAT_WS(' ',
    CONCAT('Master_Host=', COALESCE(Master_Host, '')),
    CONCAT('Master_Port=', COALESCE(Master_Port, '')),
    CONCAT('Master_User=', COALESCE(Master_User, '')),
    CONCAT('Connect_Retry=', COALESCE(Connect_Retry, '')),
    CONCAT('Using_Gtid=', COALESCE(Using_Gtid, '')),
    CONCAT('Master_SSL_Allowed=', COALESCE(Master_SSL_Allowed, '')),
    CONCAT('Master_SSL_Verify_Server_Cert=', COALESCE(Master_SSL_Verify_Server_Cert, '')),
    CONCAT('Master_SSL_CA_File=', COALESCE(Master_SSL_CA_File, '')),
    CONCAT('Master_SSL_Cert=', COALESCE(Master_SSL_Cert, '')),
    CONCAT('Master_SSL_Key=', COALESCE(Master_SSL_Key, '')),
    CONCAT('Slave_IO_Running=', COALESCE(Slave_IO_Running, '')),
    CONCAT('Slave_SQL_Running=', COALESCE(Slave_SQL_Running, '')),
    IF(Last_SQL_Error <> '', CONCAT('error: ', Last_SQL_Error), NULL),
    IF(Last_IO_Error <> '', CONCAT('error: ', Last_IO_Error), NULL))
  FROM information_schema.SLAVE_STATUS WHERE Connection_name = ''), 'follows no one');

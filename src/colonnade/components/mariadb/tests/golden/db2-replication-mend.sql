-- A transaction that the primary sent and that fails here is never skipped: it means that the data differ.
-- Both threads are stopped together only when all that was received is applied, since starting them again purges the relay log.
DELIMITER //
BEGIN NOT ATOMIC
  DECLARE known INT DEFAULT (SELECT COUNT(*) FROM information_schema.SLAVE_STATUS WHERE Connection_name = '');
  DECLARE settled INT DEFAULT (
    SELECT COUNT(*) FROM information_schema.SLAVE_STATUS WHERE Connection_name = '' AND Last_IO_Errno <> 1045
    AND Master_Host = 'db1'
    AND Master_Port = '3306'
    AND Master_User = 'replication'
    AND Connect_Retry = '1'
    AND Using_Gtid = 'Slave_Pos'
    AND Master_SSL_Allowed = 'Yes'
    AND Master_SSL_Verify_Server_Cert = 'Yes'
    AND Master_SSL_CA_File = '/etc/colonnade/pki/ca.pem'
    AND Master_SSL_Cert = '/etc/colonnade/pki/db-db2/chain.pem'
    AND Master_SSL_Key = '/etc/colonnade/pki/db-db2/key.pem'
  );
  DECLARE complaint TEXT DEFAULT (
    SELECT CONCAT('replication stopped: ', Last_SQL_Error, ' (its data differ from the primary''s: look, then rebuild this replica)')
    FROM information_schema.SLAVE_STATUS WHERE Connection_name = '' AND Last_SQL_Errno <> 0);
  DECLARE received TEXT;
  DECLARE deadline DATETIME(3);

  IF complaint IS NULL AND NOT known AND @@GLOBAL.gtid_slave_pos = '' AND @@GLOBAL.gtid_binlog_pos <> '' THEN
    SET complaint = CONCAT('this server has transactions of its own (', @@GLOBAL.gtid_binlog_pos,
      ') and can not become a replica: save what you need of it, then give it an empty data directory');
  END IF;
  IF complaint IS NOT NULL THEN
    SET complaint = LEFT(complaint, 500);
    SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = complaint;
  END IF;

  IF NOT settled THEN
    IF known THEN
      STOP REPLICA IO_THREAD;
      SELECT Gtid_IO_Pos INTO received FROM information_schema.SLAVE_STATUS
        WHERE Connection_name = '' AND Slave_SQL_Running = 'Yes';
      IF received <> '' AND MASTER_GTID_WAIT(received, 20) <> 0 THEN
        SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'what this replica has received is not applied after 20 s: try again later';
      END IF;
      STOP REPLICA;
    END IF;
    CHANGE MASTER TO
      MASTER_HOST = 'db1', MASTER_PORT = 3306,
      MASTER_USER = 'replication', MASTER_PASSWORD = 'secret-of-db/replication',
      MASTER_USE_GTID = slave_pos, MASTER_CONNECT_RETRY = 1,
      MASTER_SSL = 1, MASTER_SSL_VERIFY_SERVER_CERT = 1, MASTER_SSL_CA = '/etc/colonnade/pki/ca.pem',
      MASTER_SSL_CERT = '/etc/colonnade/pki/db-db2/chain.pem', MASTER_SSL_KEY = '/etc/colonnade/pki/db-db2/key.pem';
  END IF;
  START REPLICA;

  SET deadline = NOW(3) + INTERVAL 30 SECOND;
  waiting: LOOP
    SELECT CASE
        WHEN Slave_IO_Running = 'Yes' AND Slave_SQL_Running = 'Yes' THEN ''
        WHEN Last_IO_Errno = 1236 THEN CONCAT('db1 has not all changes that this replica lacks, or lacks some that it has: ', Last_IO_Error)
        WHEN Last_SQL_Errno <> 0 THEN CONCAT('replication stopped: ', Last_SQL_Error)
        WHEN NOW(3) > deadline THEN CONCAT('db1 can not be followed after 30 s: ', Last_IO_Error)
      END INTO complaint FROM information_schema.SLAVE_STATUS WHERE Connection_name = '';
    IF complaint IS NOT NULL THEN
      LEAVE waiting;
    END IF;
    DO SLEEP(0.1);
  END LOOP;
  IF complaint <> '' THEN
    SET complaint = LEFT(complaint, 500);
    SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = complaint;
  END IF;
END //

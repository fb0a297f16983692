DELIMITER //
BEGIN NOT ATOMIC
  DECLARE source TEXT DEFAULT (SELECT GROUP_CONCAT(Master_Host) FROM information_schema.SLAVE_STATUS);
  DECLARE complaint TEXT;
  IF source IS NOT NULL THEN
    SET complaint = CONCAT('db1', ' is the primary in the design but still follows ', source,
      ': another primary is chosen by hand, see the runbook of the mariadb room');
    SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = complaint;
  END IF;
  SET GLOBAL read_only = OFF;
  SET GLOBAL rpl_semi_sync_master_enabled = ON;
  SET GLOBAL rpl_semi_sync_slave_enabled = OFF;
END //

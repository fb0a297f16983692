DELIMITER //
BEGIN NOT ATOMIC
  SET GLOBAL read_only = ON;
  SET GLOBAL rpl_semi_sync_master_enabled = OFF;
  SET GLOBAL rpl_semi_sync_slave_enabled = ON;
END //

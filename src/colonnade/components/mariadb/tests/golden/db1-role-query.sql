SELECT CONCAT_WS(' ',
  CONCAT('read_only=', @@GLOBAL.read_only),
  CONCAT('rpl_semi_sync_master_enabled=', @@GLOBAL.rpl_semi_sync_master_enabled),
  CONCAT('rpl_semi_sync_slave_enabled=', @@GLOBAL.rpl_semi_sync_slave_enabled),
  CONCAT('follows=', COALESCE((SELECT GROUP_CONCAT(Master_Host) FROM information_schema.SLAVE_STATUS), 'no one'))
);

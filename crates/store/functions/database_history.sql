-- Which history of which database this is. It becomes another one when a standby is promoted or a backup restored, which
-- may lack what the one before had. Null on a standby.
create or replace function database_history() returns text
language plpgsql volatile as $$
begin
  if pg_is_in_recovery() then
    return null;
  end if;
  return (select c.system_identifier::text from pg_control_system() c)
         || '/' || left(pg_walfile_name(pg_current_wal_lsn()), 8);
end
$$;

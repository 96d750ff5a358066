-- A dump brings the directory's log into a cluster where the numbers of its transactions belong to others, or will
-- (docs/adr/0089-after-a-restore.md). Rows of another cluster are no news. Those of before have none and are none: whoever
-- looks for this column begins to read after them.
alter table directory_change
  add column cluster bigint;

alter table directory_change
  alter column cluster set default (pg_control_system()).system_identifier;

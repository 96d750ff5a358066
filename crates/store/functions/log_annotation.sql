-- Tells the directory of an annotation.
create or replace function log_annotation() returns trigger
language plpgsql as $$
declare
  _row annotation := case when tg_op = 'DELETE' then old else new end;
begin
  insert into directory_change (kind, mailbox, account, entry)
  values (3 /* directory: annotation */, coalesce(_row.mailbox, 0), coalesce(_row.account, 0), _row.entry);
  return null;
end
$$;

create or replace trigger directory_hears_set after insert or delete on annotation
  for each row execute function log_annotation();

create or replace trigger directory_hears_changed after update of value on annotation
  for each row when (old.value is distinct from new.value) execute function log_annotation();

-- Tells the directory that a mailbox came, went or has another name.
create or replace function log_name() returns trigger
language plpgsql as $$
begin
  insert into directory_change (kind, mailbox)
  values (1 /* directory: mailbox */, case when tg_op = 'DELETE' then old.mailbox else new.mailbox end);
  return null;
end
$$;

create or replace trigger directory_hears after insert or delete or update of owner, path on mailbox_name
  for each row execute function log_name();

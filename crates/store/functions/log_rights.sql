-- Tells the directory that others may do other things in a mailbox. Writes of messages do not pass here.
create or replace function log_rights() returns trigger
language plpgsql as $$
begin
  insert into directory_change (kind, mailbox) values (1 /* directory: mailbox */, new.id);
  return null;
end
$$;

-- Named by its column: writes of messages do not pass here.
create or replace trigger directory_hears after update of rights_version on mailbox
  for each row execute function log_rights();

-- Tells the directory that letters go elsewhere. To readers of names it is news of a mailbox that has none.
create or replace function log_address() returns trigger
language plpgsql as $$
begin
  insert into directory_change (kind, mailbox) values (1 /* directory: mailbox */, 0);
  return null;
end
$$;

create or replace trigger directory_hears after insert or delete or update on address
  for each statement execute function log_address();

create or replace trigger directory_hears after insert or delete or update on domain_alias
  for each statement execute function log_address();

-- Keeps a mailbox in its owner's domain, also after a RENAME between trees.
create or replace function set_domain_of_owner() returns trigger
language plpgsql as $$
begin
  if new.owner <> 0 then
    new.domain := (select domain_of(a.name) from account a where a.id = new.owner);
  end if;
  return new;
end
$$;

create or replace trigger domain_of_owner before insert or update of owner on mailbox_name
  for each row execute function set_domain_of_owner();

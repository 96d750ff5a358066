-- Lets an address no longer lead to a mailbox or to another address; with neither, to nothing at all. Returns whether it did.
create or replace function remove_address(
  _actor actor, _local text, _domain text, _mailbox bigint, _alias_local text, _alias_domain text
) returns boolean
language plpgsql as $$
begin
  perform lock_logins(array[_actor]);
  perform check_logins(array[_actor]);
  perform lock_addresses();
  delete from address a
   where a.domain = _domain
     and a.local is not distinct from _local
     and (_mailbox is null and _alias_local is null
          or a.mailbox = _mailbox
          or a.alias_local = _alias_local and a.alias_domain = _alias_domain);
  return found;
end
$$;

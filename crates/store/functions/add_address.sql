-- Lets an address lead to the mailbox of `_permit`, or as an alias to another address; does nothing where it does already.
-- Without a local part it is whatever comes to the domain. Where `_is_open`, anyone may post to the mailbox from now on,
-- unless its list says already whether anyone may. Refuses with PR001 where an alias would lead nowhere, PR047 and PR048 where
-- too much would be on the way. Returns what to wake.
create or replace function add_address(
  _actor actor, _local text, _domain text, _spelling text, _permit permit,
  _alias_local text, _alias_domain text, _alias_spelling text, _separator text, _is_open boolean
) returns table (mailbox bigint, modseq bigint)
language plpgsql as $$
#variable_conflict use_column
declare
  _list bigint;
begin
  perform lock_logins(array[_actor]);
  perform check_logins(array[_actor]);
  if _permit.mailbox is not null then
    -- Comes before all else that locks, as it locks names and then rows of mailboxes.
    perform lock_tree((select n.owner from mailbox_name n where n.mailbox = _permit.mailbox));
    select n.list_of into _list from mailbox_name n where n.mailbox = _permit.mailbox;
    if _is_open
       and not exists (select from acl_entry e where e.mailbox = _list and e.identifier = 'anyone' and e.rights & 32 /* rights: p */ <> 0) then
      return query
        select c.mailbox, c.modseq
          from change_list(_actor, _permit, 'anyone', false, 1::smallint, (32 /* rights: p */)::smallint, 'anyone +p') c;
    else
      perform lock_mailbox(_permit.mailbox, array[_actor], array[_permit]);
    end if;
  end if;
  perform lock_addresses();
  if _alias_local is not null
     and not exists (select from route_address(_alias_local, _alias_domain, _separator) r where r.step = 6) then
    raise exception using errcode = 'PR001', message = 'no such address';
  end if;
  insert into address (local, domain, spelling, mailbox, alias_local, alias_domain, alias_spelling)
  values (_local, _domain, _spelling, _permit.mailbox, _alias_local, _alias_domain, _alias_spelling)
  on conflict do nothing;
  perform check_routes(_local, _domain, _separator);
end
$$;

-- Does the work of create_mailbox, and returns the new mailbox. It has the list of the one above it, for as long as it gets
-- none of its own, and takes over its flag policy (by the names of its keywords), its domain and its shared annotations.
-- Whoever creates it may do there what he may do above. Where nothing is above, its creator may do everything, and it has
-- his domain in the tree that nobody owns. The caller has locked and checked the logins.
create or replace function make_mailbox(
  _actor actor, _permit create_permit, _owner bigint, _path text, _special_use text
) returns bigint
language plpgsql as $$
declare
  _mailbox bigint;
  _above   bigint;
  _list    bigint;
  _creator text;
begin
  perform lock_tree(_owner);
  _above := nearest_above(_owner, _path, _actor.account);
  _list := list_above(_owner, _path);
  perform hold_names(names_in_lists(array[_above]));
  perform check_create_permit(_actor, _permit, _owner, _path);

  select a.name into _creator from account a where a.id = _actor.account;
  insert into mailbox default values returning id into _mailbox;
  insert into mailbox_name (mailbox, owner, path, special_use, list_of, private_flags, domain)
  values (_mailbox, _owner, _path, _special_use, coalesce(_list, _mailbox),
          coalesce((select (translate_keywords(_above, _mailbox, array[n.private_flags]))[1]
                      from mailbox_name n
                     where n.mailbox = _above), 8 /* flag: seen */),
          coalesce((select n.domain from mailbox_name n where n.mailbox = _above),
                   domain_of(_creator)));
  insert into annotation (mailbox, entry, value)
  select _mailbox, a.entry, a.value
    from annotation a
   where a.mailbox = _above
     and a.account is null;
  if _list is null then
    -- Another user's tree begins at the INBOX, but is not below it: what holds there is copied.
    insert into acl_entry (mailbox, identifier, is_negative, rights)
    select _mailbox, _creator, false, 4095 /* rights: lrswipkxtean */
     where _above is null
    union all
    select _mailbox, e.identifier, e.is_negative, e.rights
      from mailbox_name n
      join acl_entry e on e.mailbox = n.list_of
     where n.mailbox = _above;
  end if;
  return _mailbox;
end
$$;

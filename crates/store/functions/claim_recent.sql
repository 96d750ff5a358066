-- Notes that a session of the account was told of all messages below `_uid_next`. Returns the UID from which on they are
-- recent to that session: no other session is given any of them (ADR 0045). Writes only where there is something new.
-- It concerns nobody else, so that the mailbox is not locked and no right is asked for.
create or replace function claim_recent(_actor actor, _mailbox bigint, _uid_next bigint) returns bigint
language plpgsql as $$
declare
  _claimed bigint := (select r.uid_next
                        from recent_claim r
                       where r.account = _actor.account and r.mailbox = _mailbox);
begin
  if _claimed >= _uid_next then
    return _claimed;
  end if;
  -- After a crash messages may be recent once more, which no session waits for the disk to prevent.
  set local synchronous_commit = off;
  perform lock_logins(array[_actor]);
  perform check_logins(array[_actor]);
  if _claimed is null then
    perform from mailbox m where m.id = _mailbox for key share;
    if not found then
      raise exception using errcode = 'PR001', message = 'no such mailbox';
    end if;
    insert into recent_claim (account, mailbox, uid_next)
    values (_actor.account, _mailbox, _uid_next)
    on conflict (account, mailbox) do nothing;
    if found then
      return 1;
    end if;
  end if;

  -- Read once more: another session may have come before.
  select r.uid_next
    into _claimed
    from recent_claim r
   where r.account = _actor.account and r.mailbox = _mailbox
     for no key update;
  if not found then
    raise exception using errcode = 'PR001', message = 'no such mailbox';
  end if;
  if _claimed < _uid_next then
    update recent_claim r
       set uid_next = _uid_next
     where r.account = _actor.account and r.mailbox = _mailbox;
  end if;
  return _claimed;
end
$$;

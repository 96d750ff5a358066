-- Of these mailboxes, `_tops` and what is below them, those that go to a tree of `_owner`. Who owns a tree
-- may do what he likes with what is in it, so what changes hands is only what the account may administer
-- (ADR 0036). What it may not know of stays, and nothing tells of it. The caller holds the locks.
create or replace function changing_hands(
  _mailboxes bigint[], _tops bigint[], _account bigint, _old_owner bigint, _owner bigint
) returns bigint[]
language plpgsql stable as $$
declare
  _going   bigint[];
  _allowed boolean;
begin
  if _owner in (0, _old_owner) then
    return _mailboxes;
  end if;
  select array_agg(m.mailbox), bool_and(m.rights & 1024 /* rights: a */ <> 0)
    into _going, _allowed
    from (select m.mailbox, rights_of(_account, m.mailbox) as rights
            from unnest(_mailboxes) as m (mailbox)
          offset 0) m
   where m.mailbox = any (_tops) or m.rights & 1 /* rights: l */ <> 0;
  if _allowed is not true then
    raise exception using errcode = 'PR002', message = 'what changes hands takes the right to administer',
      detail = '1';
  end if;
  return _going;
end
$$;

-- Locks a mailbox and `_others`, and where it is the Sent of a tree that nobody owns also those mailboxes of the tree that have messages
-- with one of these Message-IDs, all in ascending order; returns the latter. The team's own answers and drafts are not
-- answered. Messages may move while this waits, so what was found is looked for again.
create or replace function lock_answered(_mailbox bigint, _others bigint[], _message_ids bigint[]) returns bigint[]
language plpgsql as $$
declare
  _found bigint[] := answered_in_tree(_mailbox, _message_ids);
  _again bigint[];
begin
  if _found = '{}' and _others = '{}' then
    -- What follows takes the one lock.
    return _found;
  end if;
  for _try in 1..3 loop
    exit when _found = '{}';
    begin
      perform lock_mailboxes(_others || _found || _mailbox);
      _again := answered_in_tree(_mailbox, _message_ids);
      if _again <@ _found then
        return _again;
      end if;
      -- Gives the locks back, so that they can be taken in their order.
      raise exception using errcode = 'PR012', message = 'messages moved';
    exception
      when sqlstate 'PR012' then
        -- With those of before, to which they may go back meanwhile.
        _found := array(select distinct m from unnest(_found || _again) as m);
    end;
  end loop;
  perform lock_mailboxes(_others || _found || _mailbox);
  return _found;
end
$$;

-- Gives a mailbox and what is below it another place, also above its own, but not its own; what is below it goes along
-- as far as the account may take it (`changing_hands`), and in another owner's tree it has a new list
-- (`begin_lists_anew`); in the same tree it keeps what it had (`settle_lists`). INBOX stays and only gives its messages (RFC 9051, 6.3.6).
-- Returns what to wake.
create or replace function rename_mailbox(
  _actor actor, _permit permit, _old_path text, _create create_permit, _place place
) returns table (mailbox bigint, modseq bigint)
language plpgsql as $$
#variable_conflict use_column
declare
  _below     permit := _create.below;
  _owner     bigint;
  _old_owner bigint;
  _moved     bigint[];
  _unwanting bigint[];
begin
  perform lock_logins(array[_actor]);
  _owner := owner_of(_place, _actor.account);
  select n.owner into _old_owner from mailbox_name n where n.mailbox = _permit.mailbox;
  perform lock_tree(least(_owner, _old_owner));
  perform lock_tree(greatest(_owner, _old_owner));
  _moved := branches_of(_old_owner, array[_old_path]);
  perform hold_names(names_in_lists(
            _moved || branches_of(_owner, array[_place.path])
            || nearest_above(_owner, _place.path, _actor.account)));
  -- All rows that anything below locks, in one ascending pass.
  _unwanting := lock_unsubscribed(_moved);
  perform lock_mailboxes(_moved || _permit.mailbox || _below.mailbox);
  perform lock_mailbox(_permit.mailbox, array[_actor], array[_permit]);
  if not exists (select from mailbox_name n
                  where n.mailbox = _permit.mailbox and n.owner = _old_owner and n.path = _old_path) then
    raise exception using errcode = 'PR001', message = 'the mailbox has another name by now';
  end if;

  if _old_owner <> 0 and _old_path = 'INBOX' then
    return query select i.mailbox, i.modseq
                   from empty_inbox(_permit.mailbox, _actor, _create, _owner, _place.path) i;
  else
    perform check_create_permit(_actor, _create, _owner, _place.path);
    _moved := changing_hands(_moved, array[_permit.mailbox], _actor.account, _old_owner, _owner);
    if _owner not in (0, _old_owner) then
      perform begin_lists_anew(_moved, _owner, _place.path, _actor.account);
    end if;
    perform keep_unsubscribed(_unwanting, _moved, _old_path, _owner, _place.path);
    return query select t.mailbox, t.modseq
                   from move_mailboxes(_moved, _old_owner, _old_path, _owner, _place.path) t;
    perform settle_lists(_old_owner, _old_path);
    perform settle_lists(_owner, _place.path);
  end if;

  insert into activity (kind, session, account, mailbox, owner, path, other_owner, other_path)
  values (7 /* activity: rename */, _actor.session, _actor.account, _permit.mailbox, _owner, _place.path,
          _old_owner, _old_path);
end
$$;

-- Copies or moves messages: contents are shared, UIDs are consecutive and in the order of the source. Flags are taken as
-- the account sees them, as far as `_allowed`; keywords keep their names. Those that are not there are passed over.
create or replace function copy_messages(
  _actor actor, _source permit, _target permit, _uids int8multirange, _allowed bigint, _is_move boolean,
  out uid_validity bigint, out first_uid bigint, out uids bigint[],
  out modseq bigint, out source_modseq bigint
)
language plpgsql as $$
#variable_conflict use_column
declare
  _copies   int8multirange;
  _is_taken boolean;
begin
  perform lock_logins(array[_actor]);
  perform lock_mailboxes(array[_source.mailbox, _target.mailbox]);
  perform lock_mailbox(_source.mailbox, array[_actor], array[_source]);
  perform lock_mailbox(_target.mailbox, array[_actor], array[_target]);
  select t.uid_validity, t.first_uid, t.uids, t.modseq, t.source_modseq
    into uid_validity, first_uid, uids, modseq, source_modseq
    from transfer_messages(_source.mailbox, _target.mailbox, _actor.account, _uids, _allowed, _is_move) t;
  if uids = '{}' then
    return;
  end if;

  _copies := int8multirange(int8range(first_uid, first_uid + cardinality(uids)));
  insert into activity (
    kind, session, account, mailbox, owner, path, other_owner, other_path, uids, other_mailbox, other_uids
  )
  select case when _is_move then 5 /* activity: move */ else 4 /* activity: copy */ end,
         _actor.session, _actor.account, t.mailbox, t.owner, t.path, s.owner, s.path, _copies,
         s.mailbox, (select range_agg(int8range(u, u, '[]')) from unnest(copy_messages.uids) u)
    from mailbox_name s, mailbox_name t
   where s.mailbox = _source.mailbox and t.mailbox = _target.mailbox;
  if _is_move then
    insert into activity (kind, session, account, mailbox, owner, path, other_owner, other_path, uids)
    select 5 /* activity: move */, _actor.session, _actor.account, s.mailbox, s.owner, s.path, t.owner, t.path,
           (select range_agg(int8range(u, u, '[]')) from unnest(copy_messages.uids) u)
      from mailbox_name s, mailbox_name t
     where s.mailbox = _source.mailbox and t.mailbox = _target.mailbox;
  end if;

  _is_taken := not (_is_move and share_quota(_source.mailbox, _target.mailbox));
  perform check_quota(_target.mailbox, _is_taken, _is_taken);
end
$$;

-- Adds a message to the mailbox of `_target` and removes another from that of `_source`: both or neither (RFC 8508). Also
-- returns what else to wake: where messages are answered by it.
create or replace function replace_with_message(
  _actor actor, _source permit, _target permit, _uid bigint,
  _message new_message, _envelope bytea, _structure bytea, _header bytea, _body bytea, _folded bytea,
  _private bigint, _growth growth, _message_id bigint, _answers answer[],
  out uid_validity bigint, out uid bigint, out modseq bigint, out source_modseq bigint,
  out answered bigint[], out answered_modseqs bigint[]
)
language plpgsql as $$
#variable_conflict use_column
declare
  _content     bigint;
  _old_size    integer;
  _is_one_root boolean;
begin
  perform lock_logins(array[_actor]);
  _is_one_root := share_quota(_source.mailbox, _target.mailbox);
  if _is_one_root then
    select e.size into _old_size from entry e where e.mailbox = _source.mailbox and e.uid = _uid;
    perform foresee_quota(_target.mailbox, row(0, _message.size - _old_size, 0, 0)::growth,
                          array[_actor], array[_target]);
  else
    perform foresee_quota(_target.mailbox, _growth, array[_actor], array[_target]);
  end if;
  -- The slow part comes before the locks.
  insert into content (size, sent, envelope, structure, header, body, folded, message_id)
  values (_message.size, _message.sent, _envelope, _structure, _header, _body, _folded, _message_id)
  returning id into _content;

  if cardinality(_answers) > 0 then
    answered := lock_answered(_target.mailbox, array[_source.mailbox],
                              array(select a.message_id from unnest(_answers) a));
  else
    perform lock_mailboxes(array[_source.mailbox, _target.mailbox]);
  end if;
  perform lock_mailbox(_source.mailbox, array[_actor], array[_source]);
  perform lock_mailbox(_target.mailbox, array[_actor], array[_target]);
  select e.size into _old_size from entry e where e.mailbox = _source.mailbox and e.uid = _uid;
  if not found then
    raise exception using errcode = 'PR008', message = 'no such message';
  end if;

  update mailbox
     set uid_next = uid_next + 1,
         modseq = modseq + 1,
         message_count = message_count + 1,
         byte_count = byte_count + _growth.bytes,
         unseen_count = unseen_count + _growth.unseen,
         deleted_count = deleted_count + _growth.deleted
   where id = _target.mailbox
  returning uid_validity, uid_next - 1, modseq into uid_validity, uid, modseq;
  perform check_uids(replace_with_message.uid, 1);
  insert into entry (mailbox, uid, content, modseq, flags, internal_date, size)
  values (_target.mailbox, replace_with_message.uid, _content, replace_with_message.modseq, _message.flags,
          _message.internal_date, _message.size);
  insert into change (mailbox, modseq, kind, uids)
  values (_target.mailbox, replace_with_message.modseq, 1 /* change: arrived */,
          int8multirange(int8range(replace_with_message.uid, replace_with_message.uid, '[]')));
  perform flip_private(_target.mailbox, replace_with_message.modseq, array_agg(_actor.account), array_agg(b.flag),
                       array_agg(replace_with_message.uid))
     from private_flag b
    where _private & b.bit <> 0
   having count(*) > 0;
  if answered <> '{}' then
    select array_agg(m.mailbox), array_agg(m.modseq)
      into answered, answered_modseqs
      from mark_answered(_target.mailbox, answered, _answers, array[_actor], array['[0,1)'::int8range]) m;
  end if;
  source_modseq := discard_messages(_source.mailbox, array[_uid], _actor);

  insert into activity (kind, session, account, mailbox, owner, path, uids)
  select w.kind, _actor.session, _actor.account, n.mailbox, n.owner, n.path,
         int8multirange(int8range(w.uid, w.uid, '[]'))
    from (values (1 /* activity: append */, _target.mailbox, replace_with_message.uid),
                 (3 /* activity: expunge */, _source.mailbox, _uid)) as w (kind, mailbox, uid)
    join mailbox_name n on n.mailbox = w.mailbox;

  -- RFC 8508, 3.4: what counts is what is more than before.
  _is_one_root := share_quota(_source.mailbox, _target.mailbox);
  perform check_quota(_target.mailbox, not _is_one_root or _message.size > _old_size, not _is_one_root);
end
$$;

-- Adds a message to `_target` and removes another from `_source`: both or neither (RFC 8508).
create or replace function replace_message(
  _source bigint, _target bigint, _account bigint,
  _source_version bigint, _source_needed smallint, _target_version bigint, _target_needed smallint,
  _uid bigint, _size integer, _sent integer, _envelope bytea, _structure bytea,
  _header bytea, _body bytea, _folded bytea, _date bigint, _flags bigint, _private bigint,
  out uid_validity bigint, out uid bigint, out modseq bigint, out source_modseq bigint,
  out old_size integer
)
language plpgsql as $$
#variable_conflict use_column
declare
  _old_content bigint;
  _old_flags   bigint;
begin
  perform m.id
     from mailbox m
    where m.id in (_source, _target)
    order by m.id
      for no key update;
  perform lock_mailbox(_source, array[_account], array[_source_version], array[_source_needed]);

  delete from entry e
   where e.mailbox = _source and e.uid = _uid
  returning e.content, e.size, e.flags
       into _old_content, old_size, _old_flags;
  if not found then
    raise exception using errcode = 'PR008', message = 'no such message';
  end if;
  insert into garbage (content) values (_old_content);

  select a.uid_validity, a.first_uid, a.modseq
    into uid_validity, uid, modseq
    from append_messages(
           _target, array[_account], array[_target_version], array[_target_needed],
           array[_size], array[_sent], array[_envelope], array[_structure],
           array[_header], array[_body], array[_folded],
           array[_date], array[_flags], array[_account], array[_private]) a;
  source_modseq := book_departure(_source, array[_uid], array[old_size], array[_old_flags]);
end
$$;

-- Does the work of copy_messages. The caller holds the locks of both mailboxes and has checked the rights.
create or replace function transfer_messages(
  _source bigint, _target bigint, _account bigint, _uids int8multirange, _allowed bigint, _is_move boolean,
  out uid_validity bigint, out first_uid bigint, out uids bigint[],
  out modseq bigint, out source_modseq bigint
)
language plpgsql as $$
#variable_conflict use_column
declare
  _source_private bigint := private_flags_of(_account, _source);
  _target_private bigint := private_flags_of(_account, _target);
  _source_flags   integer[] := array(select b.flag from private_flag b where b.bit & _source_private <> 0);
  _target_flags   integer[] := array(select b.flag from private_flag b where b.bit & _target_private <> 0);
  _sources   bigint[];
  _contents  bigint[];
  _dates     bigint[];
  _sizes     integer[];
  _flags     bigint[];
  _seen      bigint[];
  _next      bigint;
  _validity  bigint;
  _first     bigint;
  _places    bigint[];
  _numbers   smallint[];
begin
  select array_agg(e.uid), array_agg(e.content), array_agg(e.internal_date), array_agg(e.size), array_agg(e.flags),
         array_agg((e.flags & ~_source_private)
                   | case when e.own_flags is null then 0
                          when cardinality(e.own_flags) = 1
                          then get_bit(e.own_bits[1], (e.uid % 8192)::integer)::bigint << e.own_flags[1]
                          else (select bit_or(get_bit(o.bits, (e.uid % 8192)::integer)::bigint << o.flag)
                                  from unnest(e.own_flags, e.own_bits) as o (flag, bits))
                     end)
    into _sources, _contents, _dates, _sizes, _flags, _seen
    from (select e.uid, e.content, e.internal_date, e.size, e.flags, o.own_flags, o.own_bits
            from unnest(_uids * int8multirange(int8range(1, (select m.uid_next from mailbox m where m.id = _source)))) r
           cross join lateral generate_series(lower(r) / 8192, (upper(r) - 1) / 8192) as c (number)
           cross join lateral (
                 select array_agg(f.flag) as own_flags, array_agg(f.bits) as own_bits
                   from (select f.flag, bit_xor(f.bits) as bits
                           from user_flags f
                          where f.account in (0, _account) and f.mailbox = _source
                            and f.flag = any (_source_flags) and f.chunk = c.number
                          group by f.flag) f) o
           cross join lateral (
                 select e.uid, e.content, e.internal_date, e.size, e.flags
                   from entry e
                  where e.mailbox = _source
                    and e.uid >= greatest(lower(r), c.number * 8192) and e.uid < least(upper(r), (c.number + 1) * 8192)
                 offset 0) e
           order by e.uid) e;

  if _sources is null then
    uids := '{}';
    select m.uid_validity, m.uid_next, m.modseq
      into uid_validity, first_uid, modseq
      from mailbox m
     where m.id = _target;
    select m.modseq into source_modseq from mailbox m where m.id = _source;
    return;
  end if;

  -- What is not allowed is taken away first: keywords that no message brings get no numbers in the target. Those without
  -- a bit are allowed as the others are, with the first of these; an older release does not know their own bit.
  _allowed := (_allowed & ~32::bigint) | (_allowed >> 1 & 32 /* flag: rare */);
  _seen := array(select f.flags & _allowed
                   from unnest(_seen) with ordinality as f (flags, place)
                  order by f.place);
  if needs_rare_keywords(_source, _target, _seen) then
    select t.flags, t.places, t.numbers
      into _seen, _places, _numbers
      from translate_rare_keywords(_source, _target, _sources, _seen) t;
  else
    _seen := translate_keywords(_source, _target, _seen);
  end if;

  update mailbox m
     set uid_next = m.uid_next + new.messages,
         modseq = m.modseq + 1,
         message_count = m.message_count + new.messages,
         byte_count = m.byte_count + new.bytes,
         unseen_count = m.unseen_count + new.unseen,
         deleted_count = m.deleted_count + new.deleted
    from (select count(*) as messages, sum(n.size) as bytes,
                 count(*) filter (where n.flags & ~_target_private & 8 /* flag: seen */ = 0) as unseen,
                 count(*) filter (where n.flags & 4 /* flag: deleted */ <> 0) as deleted
            from unnest(_sizes, _seen) as n (size, flags)) as new
   where m.id = _target
  returning m.uid_validity, m.uid_next - new.messages, m.modseq
       into _validity, _first, _next;
  perform check_uids(_first, cardinality(_sources));

  insert into entry (mailbox, uid, content, modseq, flags, internal_date, size)
  select _target, _first + n.place - 1, n.content, _next, n.flags & ~_target_private,
         n.internal_date, n.size
    from unnest(_contents, _seen, _dates, _sizes) with ordinality
      as n (content, flags, internal_date, size, place);

  if _numbers <> '{}' then
    perform add_rare_keywords(_target, _first, _places, _numbers);
  end if;

  insert into change (mailbox, modseq, kind, uids)
  values (_target, _next, 1 /* change: arrived */, int8multirange(int8range(_first, _first + cardinality(_sources))));

  perform flip_private(_target, _next, array_agg(_account), array_agg(b.flag),
                       array_agg(_first + n.place - 1))
     from unnest(_seen) with ordinality as n (flags, place)
     join unnest(_target_flags) as b (flag) on n.flags >> b.flag & 1 = 1
   having count(*) > 0;

  if _is_move then
    perform delete_entries(_source, _sources, ranges_of(_sources));
    source_modseq := book_departure(_source, _sources, _sizes, _flags);
  else
    select m.modseq into source_modseq from mailbox m where m.id = _source;
  end if;
  uid_validity := _validity;
  first_uid := _first;
  uids := _sources;
  modseq := greatest(_next, case when _source = _target then source_modseq end);
end
$$;

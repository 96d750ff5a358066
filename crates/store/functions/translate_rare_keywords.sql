-- The flags of messages of one mailbox as another numbers them, where keywords without a bit are among them or may become
-- of them; `places` and `numbers` are those keywords of the messages, whose places count from 0. Keywords for which the
-- other has no room are lost. The caller holds the locks of both.
create or replace function translate_rare_keywords(
  _source bigint, _target bigint, _uids bigint[], _flags bigint[],
  out flags bigint[], out places bigint[], out numbers smallint[]
)
language plpgsql as $$
#variable_conflict use_column
declare
  _used_places  bigint[];
  _used_numbers smallint[];
begin
  select array_agg(u.place), array_agg(u.number)
    into _used_places, _used_numbers
    from (select m.place - 1 as place, s.number
            from unnest(_flags) with ordinality as m (flags, place)
            join keyword s
              on s.mailbox = _source and s.number < 57 /* limits::KEYWORDS_WITH_BIT_MAX */
             and m.flags >> (s.number + 6) & 1 = 1
           union all
          select m.place - 1, unnest(k.numbers)
            from unnest(_uids, _flags) with ordinality as m (uid, flags, place)
           cross join lateral (
                 select k.numbers
                   from entry_keyword k
                  where k.mailbox = _source and k.uid = m.uid
                 offset 0) k
           where m.flags & 32 /* flag: rare */ <> 0) u;
  if _source <> _target then
    perform add_keywords(_target, array(
      select s.name
        from keyword s
       where s.mailbox = _source and s.number = any (_used_numbers)
       order by s.number));
  end if;
  -- What has a number in the target has it there with or without a bit.
  with translated as (
    select u.place, t.number
      from unnest(_used_places, _used_numbers) as u (place, number)
      join keyword s on s.mailbox = _source and s.number = u.number
      join keyword t on t.mailbox = _target and lower(t.name) = lower(s.name)
  )
  select array(select (f.flags & 63 /* flag: system */ & ~32::bigint)
                      | coalesce((select bit_or(case when t.number < 57 /* limits::KEYWORDS_WITH_BIT_MAX */
                                                     then 1::bigint << (t.number + 6)
                                                     else 32 /* flag: rare */ end)
                                    from translated t
                                   where t.place = f.place - 1), 0)
                 from unnest(_flags) with ordinality as f (flags, place)
                order by f.place),
         array(select t.place from translated t
                where t.number >= 57 /* limits::KEYWORDS_WITH_BIT_MAX */
                order by t.place, t.number),
         array(select t.number from translated t
                where t.number >= 57 /* limits::KEYWORDS_WITH_BIT_MAX */
                order by t.place, t.number)
    into flags, places, numbers;
end
$$;

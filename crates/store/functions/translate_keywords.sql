-- The flags of one mailbox as another numbers them, where all keywords have bits. Keywords for which the other has none
-- are lost; a copy finds those by `translate_rare_keywords`. The caller holds the lock of `_target`.
create or replace function translate_keywords(_source bigint, _target bigint, _flags bigint[]) returns bigint[]
language plpgsql as $$
declare
  _used bigint;
  _from bigint[];
  _to   bigint[];
begin
  select bit_or(f) into _used from unnest(_flags) f;
  if _source = _target or _used >> 6 = 0 then
    return _flags;
  end if;
  perform add_keywords(_target, array(
    select k.name
      from keyword k
     where k.mailbox = _source and k.number < 57 /* limits::KEYWORDS_WITH_BIT_MAX */
       and _used >> (k.number + 6) & 1 = 1
     order by k.number));
  select array_agg(1::bigint << (s.number + 6)), array_agg(1::bigint << (t.number + 6))
    into _from, _to
    from keyword s
    join keyword t on t.mailbox = _target and lower(t.name) = lower(s.name)
   where s.mailbox = _source and s.number < 57 /* limits::KEYWORDS_WITH_BIT_MAX */
     and t.number < 57 /* limits::KEYWORDS_WITH_BIT_MAX */
     and _used >> (s.number + 6) & 1 = 1;
  return array(
    select f.flags & 63 /* flag: system */
           | coalesce((select bit_or(p.new) from unnest(_from, _to) as p (old, new)
                        where f.flags & p.old <> 0), 0)
      from unnest(_flags) with ordinality as f (flags, place)
     order by f.place);
end
$$;

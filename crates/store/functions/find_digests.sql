-- The digests of a mailbox, and of each the shortest lists among those of `_grams`. Six tell nearly as
-- much as all.
create or replace function find_digests(_mailbox bigint, _grams integer[])
returns table (id bigint, uids text, lists bytea[])
language sql stable as $$
  select d.id, d.uids::text,
         array(select substring(d.lists from l.low + 1 for l.high - l.low)
                 from (select number_at(d.bounds, g.gram) as low,
                              number_at(d.bounds, g.gram + 1) as high
                         from unnest(_grams) as g (gram)
                       offset 0) l
                order by l.high - l.low
                limit 6)
    from digest d
   where d.mailbox = _mailbox
   order by lower(d.uids)
$$;

-- The oldest release that may work on this schema. A migration that takes away what an older one needs says so here,
-- one release after nothing uses it any more.
create table oldest_release (
  is_only boolean primary key default true check (is_only),
  -- As in `installed_function`.
  release integer[] not null
);
insert into oldest_release (release) values ('{0,1,0}');

-- Whether a node hears what goes by the bus beside this database (docs/adr/0084-nats-beside-listen.md). For as long as one
-- does not, nor says anything of it as a node of the release before, wake-ups go through this database too.
alter table node_lease
  add column hears_bus boolean not null default false;

export interface CephPlaces {
  /** Absolute: everything of the cluster lies below it. */
  readonly state: string;
  readonly clusterId: string;
  readonly monitorPort: number;
  readonly s3Port: number;
}

const CAPACITY = 8 * 2 ** 30;

/** The configuration of a cluster of one: a monitor, one store in memory, an S3 gateway, all on loopback. */
export function cephConf({ state, clusterId, monitorPort, s3Port }: CephPlaces): string {
  return `[global]
fsid = ${clusterId}
mon host = [v2:127.0.0.1:${monitorPort}]
public addr = 127.0.0.1
cluster addr = 127.0.0.1
ms bind msgr1 = false
# Test data on loopback: nothing to authenticate for. The gateway asks for encryption unless told not to, and there is
# none without authentication.
auth cluster required = none
auth service required = none
auth client required = none
ms mon client mode = crc
admin socket =
run dir = ${state}
crash dir = ${state}/crash
log file = ${state}/log/$name.log
mon cluster log file = ${state}/log/cluster.log
# One copy and one placement group a pool, and quick agreement of one: the first start is mostly making pools.
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pgp num = 1
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
mon max pg per osd = 1000
paxos propose interval = 0.02

[mon]
mon data = ${state}/mon
# Our disk is not the cluster's.
mon data avail warn = 1
mon data avail crit = 1

[osd]
osd data = ${state}/osd
osd objectstore = memstore
memstore device bytes = ${CAPACITY}
osd memory target = 1073741824

[client]
rgw frontends = beast tcp_nodelay=1 endpoint=127.0.0.1:${s3Port}
rgw thread pool size = 64
rgw relaxed region enforcement = true
rgw enable usage log = false
`;
}

#!/bin/sh
# What the image runs: a broker with the settings of its file and of KAFKA_* variables, or any command that is given.
#
#   docker run IMAGE                          the broker
#   docker run IMAGE kafka-topics.sh --list   a console tool
set -e
if [ $# -gt 0 ]; then exec "$@"; fi
config=/etc/leat/server.properties
# A file that was mounted where the official image of Kafka looks for it.
if [ -f /mnt/shared/config/server.properties ]; then config=/mnt/shared/config/server.properties; fi
directory=${KAFKA_LOG_DIRS:-/var/lib/leat}
# The cluster id of the variable is given to an empty directory; one that has an id keeps it.
if [ -n "$CLUSTER_ID" ] && [ ! -f "$directory/meta.properties" ]; then
  printf 'log.dirs=%s\nnode.id=%s\n' "$directory" "${KAFKA_NODE_ID:-1}" > /tmp/format.properties
  kafka-storage format --cluster-id "$CLUSTER_ID" --config /tmp/format.properties
fi
exec leat broker --env --config "$config"

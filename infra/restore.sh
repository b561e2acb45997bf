#!/usr/bin/env bash
# Makes the database of an environment on RDS what it was at a time: restores into a new instance with the network, the
# group and the parameters of the present one, and exchanges their names, so that address and secrets stay. The present
# one stays as fualab-ENV-before-TIME. It can run again after a failure.
#
#   infra/restore.sh ENV 2026-11-27T21:00:00Z
set -euo pipefail

environment=${1:-} at=${2:-}
fail() { printf 'restore: %s\n' "$*" >&2; exit 1; }
[[ $environment =~ ^[a-z][a-z0-9]{1,11}$ && $at =~ ^20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$ ]] ||
  fail 'usage: infra/restore.sh ENV TIME, the time in UTC such as 2026-11-27T21:00:00Z'
name=fualab-$environment
stamp=$(tr -d 'TZ:-' <<<"$at")
new=$name-$stamp old=$name-before-$stamp

step() { printf '\n==> %s\n' "$*"; }
ask() { aws rds describe-db-instances --db-instance-identifier "$1" --query "DBInstances[0].$2" --output text; }
there() { ask "$1" DBInstanceIdentifier >/dev/null 2>&1; }
available() { aws rds wait db-instance-available --db-instance-identifier "$1"; }
# rename FROM TO waits until RDS has done it; for a while there is neither.
rename() {
  aws rds modify-db-instance --db-instance-identifier "$1" --new-db-instance-identifier "$2" --apply-immediately >/dev/null
  local tries
  for ((tries = 0; tries < 60; tries++)); do
    ! there "$2" || { available "$2"; return; }
    sleep 10
  done
  fail "$1 is not called $2 after ten minutes"
}

if ! there "$old"; then
  if ! there "$new"; then
    step "restore $name as of $at into $new"
    # Without these, RDS takes the default group, which lets no task in.
    groups=$(ask "$name" 'VpcSecurityGroups[].VpcSecurityGroupId')
    subnets=$(ask "$name" DBSubnetGroup.DBSubnetGroupName)
    parameters=$(ask "$name" 'DBParameterGroups[0].DBParameterGroupName')
    class=$(ask "$name" DBInstanceClass)
    zones=$(ask "$name" MultiAZ)
    read -r -a groups <<<"$groups"
    [[ $zones == True ]] && zones=--multi-az || zones=--no-multi-az
    aws rds restore-db-instance-to-point-in-time --source-db-instance-identifier "$name" --target-db-instance-identifier "$new" \
      --restore-time "$at" --db-instance-class "$class" --db-subnet-group-name "$subnets" --vpc-security-group-ids "${groups[@]}" \
      --db-parameter-group-name "$parameters" --copy-tags-to-snapshot --no-publicly-accessible "$zones" >/dev/null
  fi
  step "wait for $new"
  available "$new"
  step "stop the services: nothing may write while the names are exchanged"
  for service in api worker; do
    aws ecs update-service --cluster "$name" --service "$service" --desired-count 0 >/dev/null
  done
  aws ecs wait services-stable --cluster "$name" --services api worker
  step "$name becomes $old"
  rename "$name" "$old"
fi
if there "$new"; then
  step "$new becomes $name"
  rename "$new" "$name"
fi

cat <<NEXT

$name is the database of $at. Have Terraform know it, look at the plan, and start the services:
  terraform -chdir=infra/terraform-ecs state rm 'aws_db_instance.this[0]'
  terraform -chdir=infra/terraform-ecs import -var-file=$environment.tfvars 'aws_db_instance.this[0]' $name
  go tool task rollback ENV=$environment REPOSITORY=owner/name RELEASE=NAME    # the release that runs: status names it
$old is paid until it is deleted.
NEXT

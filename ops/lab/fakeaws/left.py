"""Prints the resources that were created in the fake AWS, a line each: none after destroy. Given names are expected."""
import sys

import boto3

# Service, operation, the list in its response, and the member that names an entry.
LISTS = [
    ('ecr', 'describe_repositories', 'repositories', 'repositoryName'),
    ('ssm', 'describe_parameters', 'Parameters', 'Name'),
    ('logs', 'describe_log_groups', 'logGroups', 'logGroupName'),
    ('logs', 'describe_metric_filters', 'metricFilters', 'filterName'),
    ('cloudwatch', 'describe_alarms', 'MetricAlarms', 'AlarmName'),
    ('sns', 'list_topics', 'Topics', 'TopicArn'),
    ('events', 'list_rules', 'Rules', 'Name'),
    ('elbv2', 'describe_load_balancers', 'LoadBalancers', 'LoadBalancerName'),
    ('elbv2', 'describe_target_groups', 'TargetGroups', 'TargetGroupName'),
    ('apigatewayv2', 'get_apis', 'Items', 'Name'),
    ('apigatewayv2', 'get_vpc_links', 'Items', 'Name'),
    ('servicediscovery', 'list_namespaces', 'Namespaces', 'Name'),
    ('servicediscovery', 'list_services', 'Services', 'Name'),
    ('rds', 'describe_db_instances', 'DBInstances', 'DBInstanceIdentifier'),
    ('s3', 'list_buckets', 'Buckets', 'Name'),
    ('iam', 'list_open_id_connect_providers', 'OpenIDConnectProviderList', 'Arn'),
]
# The resources of EC2 in a network.
NETWORK_LISTS = [
    ('describe_subnets', 'Subnets', 'SubnetId'),
    ('describe_route_tables', 'RouteTables', 'RouteTableId'),
    ('describe_vpc_endpoints', 'VpcEndpoints', 'VpcEndpointId'),
]
SCALING_LISTS = [
    ('describe_scalable_targets', 'ScalableTargets', 'ResourceId'),
    ('describe_scaling_policies', 'ScalingPolicies', 'PolicyName'),
]


def ask(service, operation, key, **arguments):
    return getattr(boto3.client(service), operation)(**arguments)[key]


def lists():
    for service, operation, key, name in LISTS:
        for found in ask(service, operation, key):
            yield f'{service} {key}', found[name]
    for operation, key, name in SCALING_LISTS:
        for found in ask('application-autoscaling', operation, key, ServiceNamespace='ecs'):
            yield key, found[name]


def clusters():
    """Yields clusters with their services. A deleted cluster stays on the list, and is left out."""
    arns = ask('ecs', 'list_clusters', 'clusterArns')
    for cluster in ask('ecs', 'describe_clusters', 'clusters', clusters=arns) if arns else []:
        if cluster['status'] == 'ACTIVE':
            yield 'cluster', cluster['clusterName']
            for arn in ask('ecs', 'list_services', 'serviceArns', cluster=cluster['clusterName']):
                yield 'service', arn
    for arn in ask('ecs', 'list_task_definitions', 'taskDefinitionArns', status='ACTIVE'):
        yield 'task definition', arn


def networks():
    """Yields networks and their parts, without the network that an account begins with."""
    vpcs = ask('ec2', 'describe_vpcs', 'Vpcs')
    default = {vpc['VpcId'] for vpc in vpcs if vpc['IsDefault']}
    for vpc in vpcs:
        if vpc['VpcId'] not in default:
            yield 'VPC', vpc['VpcId']
    for group in ask('ec2', 'describe_security_groups', 'SecurityGroups'):
        if group['GroupName'] != 'default':
            yield 'security group', group['GroupName']
    for operation, key, name in NETWORK_LISTS:
        for found in ask('ec2', operation, key):
            if found['VpcId'] not in default and found.get('State') != 'deleted':
                yield key, found[name]
    for gateway in ask('ec2', 'describe_internet_gateways', 'InternetGateways'):
        if not default & {attachment['VpcId'] for attachment in gateway['Attachments']}:
            yield 'InternetGateways', gateway['InternetGatewayId']


def roles():
    """Yields roles, without those that AWS makes for its services."""
    for role in ask('iam', 'list_roles', 'Roles'):
        if not role['Path'].startswith('/aws-service-role/'):
            yield 'role', role['RoleName']


if __name__ == '__main__':
    for every in (clusters, networks, roles, lists):
        for kind, name in every():
            if name not in sys.argv[1:]:
                print(kind, name)

"""Prints what the fake AWS has that was made there, a line each; nothing after destroy. Names given are expected."""
import sys

import boto3


def every():
    """Yields kind and name. What an account begins with, its default network, is left out."""
    def ask(service, operation, key, **arguments):
        return getattr(boto3.client(service), operation)(**arguments)[key]

    ecs = boto3.client('ecs')
    clusters = ecs.list_clusters()['clusterArns']
    for c in ecs.describe_clusters(clusters=clusters)['clusters'] if clusters else []:
        if c['status'] == 'ACTIVE':  # a deleted one stays on the list
            yield 'cluster', c['clusterName']
            for arn in ecs.list_services(cluster=c['clusterName'])['serviceArns']:
                yield 'service', arn
    for arn in ecs.list_task_definitions(status='ACTIVE')['taskDefinitionArns']:
        yield 'task definition', arn

    vpcs = ask('ec2', 'describe_vpcs', 'Vpcs')
    default = {v['VpcId'] for v in vpcs if v['IsDefault']}
    for v in vpcs:
        if v['VpcId'] not in default:
            yield 'VPC', v['VpcId']
    for group in ask('ec2', 'describe_security_groups', 'SecurityGroups'):
        if group['GroupName'] != 'default':
            yield 'security group', group['GroupName']
    for operation, key, name in [('describe_subnets', 'Subnets', 'SubnetId'), ('describe_route_tables', 'RouteTables', 'RouteTableId'),
                                 ('describe_vpc_endpoints', 'VpcEndpoints', 'VpcEndpointId')]:
        for found in ask('ec2', operation, key):
            if found['VpcId'] not in default and found.get('State') != 'deleted':
                yield key, found[name]
    for gateway in ask('ec2', 'describe_internet_gateways', 'InternetGateways'):
        if not default & {a['VpcId'] for a in gateway['Attachments']}:
            yield 'InternetGateways', gateway['InternetGatewayId']

    for r in ask('iam', 'list_roles', 'Roles'):
        if not r['Path'].startswith('/aws-service-role/'):
            yield 'role', r['RoleName']
    for p in ask('iam', 'list_open_id_connect_providers', 'OpenIDConnectProviderList'):
        yield 'identity provider', p['Arn']
    for service, operation, key, name in [
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
            ('s3', 'list_buckets', 'Buckets', 'Name')]:
        for found in ask(service, operation, key):
            yield f'{service} {key}', found[name]
    for operation, key, name in [('describe_scalable_targets', 'ScalableTargets', 'ResourceId'), ('describe_scaling_policies', 'ScalingPolicies', 'PolicyName')]:
        for found in ask('application-autoscaling', operation, key, ServiceNamespace='ecs'):
            yield key, found[name]


for kind, name in every():
    if name not in sys.argv[1:]:
        print(kind, name)

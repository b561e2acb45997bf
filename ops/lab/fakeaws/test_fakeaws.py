"""Each gap of moto that is closed here, asked for over the fake's port: ops/lab/fakeaws/run --test"""
import os
import subprocess
import sys
import time
import unittest
import uuid
from datetime import datetime, timezone

import boto3
import botocore.exceptions
import botocore.session


def unique(name):
    return f'{name}-{uuid.uuid4().hex[:8]}'


def client_of_cbor(service):
    """Returns a client that speaks rpc-v2-cbor, as Terraform's provider does; botocore would choose JSON."""
    session = botocore.session.get_session()
    session.get_component('data_loader').load_service_model(service, 'service-2')['metadata']['protocols'] = ['smithy-rpc-v2-cbor']
    return session.create_client(service)


class CloudWatch(unittest.TestCase):
    def setUp(self):
        self.client = client_of_cbor('cloudwatch')
        self.assertEqual(self.client.meta.service_model.resolved_protocol, 'smithy-rpc-v2-cbor')

    def test_alarm_comes_back_with_its_times_and_numbers(self):
        name = unique('alarm')
        self.client.put_metric_alarm(
            AlarmName=name, Namespace='fualab', MetricName='Errors', Statistic='Sum', Period=60, EvaluationPeriods=3,
            Threshold=1.5, ComparisonOperator='GreaterThanThreshold', ActionsEnabled=True, AlarmActions=[],
        )
        self.addCleanup(self.client.delete_alarms, AlarmNames=[name])
        alarm, = self.client.describe_alarms(AlarmNames=[name])['MetricAlarms']
        self.assertEqual((alarm['Period'], alarm['EvaluationPeriods'], alarm['Threshold']), (60, 3, 1.5))
        self.assertIs(alarm['ActionsEnabled'], True)
        age = datetime.now(timezone.utc) - alarm['AlarmConfigurationUpdatedTimestamp']
        self.assertLess(abs(age.total_seconds()), 600)

    def test_times_of_a_request_arrive(self):
        now = datetime.now(timezone.utc)
        name = unique('Metric')
        self.client.put_metric_data(Namespace='fualab', MetricData=[{'MetricName': name, 'Value': 2.5, 'Timestamp': now}])
        got = self.client.get_metric_statistics(
            Namespace='fualab', MetricName=name, StartTime=now.timestamp() - 600, EndTime=now.timestamp() + 600, Period=60, Statistics=['Sum'],
        )
        self.assertEqual([point['Sum'] for point in got['Datapoints']], [2.5])

    def test_error_has_its_code(self):
        with self.assertRaises(botocore.exceptions.ClientError) as caught:
            self.client.get_dashboard(DashboardName=unique('none'))
        self.assertIn(caught.exception.response['ResponseMetadata']['HTTPStatusCode'], (400, 404))
        self.assertNotEqual(caught.exception.response['Error']['Code'], 'InternalFailure')


class ECS(unittest.TestCase):
    def setUp(self):
        self.ecs, self.ec2, self.logs = boto3.client('ecs'), boto3.client('ec2'), boto3.client('logs')
        self.cluster, self.log_group = unique('cluster'), unique('/fualab/test')
        self.ecs.create_cluster(clusterName=self.cluster)
        self.addCleanup(self.ecs.delete_cluster, cluster=self.cluster)
        self.logs.create_log_group(logGroupName=self.log_group)
        self.addCleanup(self.logs.delete_log_group, logGroupName=self.log_group)
        subnet = self.ec2.describe_subnets()['Subnets'][0]['SubnetId']
        security = self.ec2.describe_security_groups()['SecurityGroups'][0]['GroupId']
        self.network = {'awsvpcConfiguration': {'subnets': [subnet], 'securityGroups': [security]}}

    def define(self, image):
        """Registers a definition without memory for its container, as on Fargate."""
        made = self.ecs.register_task_definition(
            family=unique('task'), networkMode='awsvpc', cpu='256', memory='512',
            containerDefinitions=[{'name': 'program', 'image': image, 'logConfiguration': {
                'logDriver': 'awslogs', 'options': {'awslogs-group': self.log_group, 'awslogs-stream-prefix': 'program'},
            }}],
        )['taskDefinition']['taskDefinitionArn']
        self.addCleanup(self.ecs.deregister_task_definition, taskDefinition=made)
        return made

    def serve(self, image, count=2, **fields):
        self.ecs.create_service(
            cluster=self.cluster, serviceName='api', taskDefinition=self.define(image), desiredCount=count,
            launchType='FARGATE', networkConfiguration=self.network, **fields,
        )
        self.addCleanup(self.ecs.delete_service, cluster=self.cluster, service='api', force=True)

    def service(self):
        return self.ecs.describe_services(cluster=self.cluster, services=['api'])['services'][0]

    def tasks(self, service='api'):
        return self.ecs.list_tasks(cluster=self.cluster, serviceName=service)['taskArns']

    def deployment(self):
        return self.ecs.list_service_deployments(cluster=self.cluster, service='api')['serviceDeployments'][0]

    def test_service_has_its_tasks_at_the_public_address(self):
        self.serve('api')
        self.assertEqual(self.service()['runningCount'], 2)
        self.assertEqual(len(self.tasks()), 2)
        self.assertEqual(self.tasks('worker'), [])
        task = self.ecs.describe_tasks(cluster=self.cluster, tasks=self.tasks()[:1])['tasks'][0]
        self.assertIsInstance(task['containers'][0]['cpu'], str)
        interface = next(d['value'] for d in task['attachments'][0]['details'] if d['name'] == 'networkInterfaceId')
        found = self.ec2.describe_network_interfaces(NetworkInterfaceIds=[interface])['NetworkInterfaces'][0]
        self.assertEqual(found['Association']['PublicIp'], os.environ['FAKE_PUBLIC_IP'])

    def test_service_keeps_the_fields_it_is_made_with(self):
        self.serve('api', enableExecuteCommand=True, healthCheckGracePeriodSeconds=7, enableECSManagedTags=True)
        service = self.service()
        self.assertIs(service['enableExecuteCommand'], True)
        self.assertIs(service['enableECSManagedTags'], True)
        self.assertEqual(service['healthCheckGracePeriodSeconds'], 7)

    def test_new_definition_is_a_new_deployment(self):
        self.serve('api')
        first, definition = self.deployment(), self.define('api')
        self.ecs.update_service(cluster=self.cluster, service='api', taskDefinition=definition.split('/')[-1].split(':')[0])
        self.assertEqual(self.service()['taskDefinition'], definition)
        second = self.deployment()
        self.assertNotEqual(first['serviceDeploymentArn'], second['serviceDeploymentArn'])
        self.assertEqual(second['status'], 'SUCCESSFUL')
        described, = self.ecs.describe_service_deployments(serviceDeploymentArns=[second['serviceDeploymentArn']])['serviceDeployments']
        for member in ('serviceDeploymentArn', 'serviceArn', 'clusterArn', 'status', 'createdAt', 'finishedAt'):
            self.assertEqual(described[member], second[member], member)

    def test_changed_count_is_no_new_deployment(self):
        self.serve('api')
        first = self.deployment()
        self.ecs.update_service(cluster=self.cluster, service='api', desiredCount=1)
        self.assertEqual(len(self.tasks()), 1)
        self.assertEqual(self.deployment()['serviceDeploymentArn'], first['serviceDeploymentArn'])

    def test_deleted_service_has_no_tasks(self):
        before = len(self.ec2.describe_network_interfaces()['NetworkInterfaces'])
        self.serve('api')
        self.assertEqual(len(self.ec2.describe_network_interfaces()['NetworkInterfaces']), before + 2)
        self.ecs.delete_service(cluster=self.cluster, service='api', force=True)
        self.assertEqual(self.tasks(), [])
        self.assertEqual(len(self.ec2.describe_network_interfaces()['NetworkInterfaces']), before)

    def test_broken_image_is_rolled_back(self):
        self.serve('api-broken')
        self.assertEqual(self.deployment()['status'], 'ROLLBACK_SUCCESSFUL')

    def test_image_nowhere_has_no_task_though_it_counts_as_stable(self):
        self.serve('api-nowhere')
        self.assertEqual(self.service()['runningCount'], 2)
        self.assertEqual(self.tasks(), [])

    def test_failing_image_exits_with_1_and_has_a_log(self):
        def run(image):
            return self.ecs.run_task(
                cluster=self.cluster, taskDefinition=self.define(image), launchType='FARGATE', networkConfiguration=self.network,
            )['tasks'][0]
        self.assertEqual(run('migrate')['containers'][0]['exitCode'], 0)
        task = run('migrate-failing')
        self.assertEqual(task['containers'][0]['exitCode'], 1)
        stream = 'program/program/' + task['taskArn'].split('/')[-1]
        events = self.logs.get_log_events(logGroupName=self.log_group, logStreamName=stream)['events']
        self.assertEqual([event['message'] for event in events], ['migration 0042: the column is still read'])


class Others(unittest.TestCase):
    def test_scalable_target_has_no_tags(self):
        got = boto3.client('application-autoscaling').list_tags_for_resource(ResourceARN='arn:aws:application-autoscaling:us-east-1:1:scalable-target/1')
        self.assertEqual(got['Tags'], {})

    def test_action_that_is_missing_is_refused_once(self):
        """500 would be asked again."""
        began = time.monotonic()
        with self.assertRaises(botocore.exceptions.ClientError) as caught:
            boto3.client('ecs').submit_task_state_change()
        self.assertEqual(caught.exception.response['ResponseMetadata']['HTTPStatusCode'], 400)
        self.assertEqual(caught.exception.response['ResponseMetadata']['RetryAttempts'], 0)
        self.assertIn('submit_task_state_change', str(caught.exception))
        self.assertLess(time.monotonic() - began, 60)

    def test_managed_policies_are_there(self):
        got = boto3.client('iam').get_policy(PolicyArn='arn:aws:iam::aws:policy/ReadOnlyAccess')
        self.assertEqual(got['Policy']['PolicyName'], 'ReadOnlyAccess')

    def test_left_names_what_was_made(self):
        def left(*expected):
            script = os.path.join(os.path.dirname(__file__), 'left.py')
            return subprocess.run([sys.executable, script, *expected], check=True, capture_output=True, text=True).stdout
        s3, name = boto3.client('s3'), unique('bucket')
        s3.create_bucket(Bucket=name)
        self.assertIn(f's3 Buckets {name}\n', left())
        self.assertNotIn(name, left(name))
        s3.delete_bucket(Bucket=name)
        self.assertEqual(left(), '')

    def test_nothing_of_a_real_account_is_left_in_the_environment(self):
        names = {name for name in os.environ if name.startswith('AWS_')}
        self.assertEqual(names, {'AWS_ENDPOINT_URL', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_REGION', 'AWS_DEFAULT_REGION'})


if __name__ == '__main__':
    unittest.main()

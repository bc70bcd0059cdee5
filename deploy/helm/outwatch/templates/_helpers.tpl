{{- define "outwatch.fullname" -}}
{{- if contains "outwatch" .Release.Name -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-outwatch" .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "outwatch.selector" -}}
app.kubernetes.io/name: outwatch
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "outwatch.labels" -}}
{{ include "outwatch.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "outwatch.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{- .Values.serviceAccount.name | default (include "outwatch.fullname" .) -}}
{{- else -}}
{{- .Values.serviceAccount.name | default "default" -}}
{{- end -}}
{{- end -}}

{{- define "outwatch.image" -}}
{{- $image := .Values.image -}}
{{- if $image.digest -}}
{{ $image.repository }}@{{ $image.digest }}
{{- else -}}
{{ $image.repository }}:{{ $image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end -}}

{{- define "outwatch.partitions" -}}
{{- dig "kafka" "topics" "partitions" 4 .Values.config -}}
{{- end -}}

{{/* outwatch.yaml: what the user gave, and what the chart knows better. */}}
{{- define "outwatch.config" -}}
{{- $added := dict "web" (dict "host" "0.0.0.0" "port" 9464) "state_dir" "/var/lib/outwatch" -}}
{{- $_ := set $added "pager" (dict "port" 9465) -}}
{{- $_ := set $added "results" (dict "port" 9466) -}}
{{- if .Values.rules -}}
{{- $_ := set $added "rules" "/etc/outwatch/config/rules.yaml" -}}
{{- end -}}
{{- if .Values.kafkaTls.enabled -}}
{{- $tls := dict "enabled" true -}}
{{- if .Values.kafkaTls.existingSecret -}}
{{- $_ := set $tls "ca_file" "/etc/outwatch/kafka-tls/ca.crt" -}}
{{- if .Values.kafkaTls.clientCertificate -}}
{{- $_ := set $tls "cert_file" "/etc/outwatch/kafka-tls/tls.crt" -}}
{{- $_ := set $tls "key_file" "/etc/outwatch/kafka-tls/tls.key" -}}
{{- end -}}
{{- end -}}
{{- $_ := set $added "kafka" (dict "tls" $tls) -}}
{{- end -}}
{{- toYaml (mergeOverwrite (deepCopy .Values.config) $added) -}}
{{- end -}}

{{- define "outwatch.checks" -}}
{{- if and (not .Values.keda.enabled) (gt (int .Values.worker.replicas) (int (include "outwatch.partitions" .))) -}}
{{- fail (printf "worker.replicas is %d, but config.kafka.topics.partitions is %s: more workers than partitions have nothing to do" (int .Values.worker.replicas) (include "outwatch.partitions" .)) -}}
{{- end -}}
{{- if gt (int .Values.keda.minReplicas) (int (include "outwatch.partitions" .)) -}}
{{- fail "keda.minReplicas is above config.kafka.topics.partitions: more workers than partitions have nothing to do" -}}
{{- end -}}
{{- if and .Values.kafkaTls.clientCertificate (not .Values.kafkaTls.existingSecret) -}}
{{- fail "kafkaTls.clientCertificate needs kafkaTls.existingSecret with ca.crt, tls.crt and tls.key" -}}
{{- end -}}
{{- if and .Values.results.enabled (not (dig "results" "cloudevents_topic" "" .Values.config)) (not (dig "results" "otel_topic" "" .Values.config)) -}}
{{- fail "results.enabled needs a topic: set config.results.cloudevents_topic or config.results.otel_topic" -}}
{{- end -}}
{{- end -}}

{{- define "outwatch.env" -}}
- name: OUTWATCH_CONFIG
  value: /etc/outwatch/config/outwatch.yaml
- name: OUTWATCH_HASH_KEY
  valueFrom:
    secretKeyRef:
      name: {{ .Values.hashKey.existingSecret }}
      key: {{ .Values.hashKey.key }}
{{- range $name, $from := .Values.secretEnv }}
- name: {{ $name }}
  valueFrom:
    secretKeyRef:
      name: {{ $from.secret }}
      key: {{ $from.key }}
{{- end }}
{{- end -}}

{{- define "outwatch.mounts" -}}
{{- /* The whole folder: a file mounted alone would never change, and rules are reloaded. */}}
- {name: config, mountPath: /etc/outwatch/config, readOnly: true}
- {name: state, mountPath: /var/lib/outwatch}
- {name: tmp, mountPath: /tmp}
{{- if .Values.kafkaTls.existingSecret }}
- {name: kafka-tls, mountPath: /etc/outwatch/kafka-tls, readOnly: true}
{{- end }}
{{- range $name, $from := .Values.secretFiles }}
- {name: {{ printf "secret-%s" $name }}, mountPath: {{ printf "/etc/outwatch/secrets/%s" $name }}, readOnly: true}
{{- end }}
{{- end -}}

{{- define "outwatch.volumes" -}}
- name: config
  configMap:
    name: {{ include "outwatch.fullname" . }}
- name: state
  emptyDir: {sizeLimit: 100Mi}
- name: tmp
  emptyDir: {sizeLimit: 1Gi}
{{- if .Values.kafkaTls.existingSecret }}
- name: kafka-tls
  secret:
    secretName: {{ .Values.kafkaTls.existingSecret }}
    defaultMode: 0440
{{- end }}
{{- range $name, $from := .Values.secretFiles }}
- name: {{ printf "secret-%s" $name }}
  secret:
    secretName: {{ $from.secret }}
    defaultMode: 0440
{{- end }}
{{- end -}}

{{/* One process of outwatch as a Deployment: (dict "root" $ "component" "worker" "port" 9464) */}}
{{- define "outwatch.deployment" -}}
{{- $root := .root -}}
{{- $own := index $root.Values .component -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "outwatch.fullname" $root }}-{{ .component }}
  labels:
    {{- include "outwatch.labels" $root | nindent 4 }}
    app.kubernetes.io/component: {{ .component }}
spec:
  {{- if not (and (eq .component "worker") $root.Values.keda.enabled) }}
  replicas: {{ $own.replicas }}
  {{- end }}
  selector:
    matchLabels:
      {{- include "outwatch.selector" $root | nindent 6 }}
      app.kubernetes.io/component: {{ .component }}
  strategy:
    type: RollingUpdate
    rollingUpdate: {maxSurge: 0, maxUnavailable: 1}
  template:
    metadata:
      labels:
        {{- include "outwatch.labels" $root | nindent 8 }}
        app.kubernetes.io/component: {{ .component }}
      annotations:
        checksum/config: {{ include "outwatch.config" $root | sha256sum }}
        {{- with $own.podAnnotations }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
    spec:
      serviceAccountName: {{ include "outwatch.serviceAccount" $root }}
      automountServiceAccountToken: false
      enableServiceLinks: false
      terminationGracePeriodSeconds: 60
      {{- with $root.Values.imagePullSecrets }}
      imagePullSecrets:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with $own.priorityClassName }}
      priorityClassName: {{ . }}
      {{- end }}
      securityContext:
        {{- toYaml $root.Values.podSecurityContext | nindent 8 }}
      containers:
        - name: {{ .component }}
          image: {{ include "outwatch.image" $root }}
          imagePullPolicy: {{ $root.Values.image.pullPolicy }}
          args: [{{ .component }}]
          env:
            {{- include "outwatch.env" $root | nindent 12 }}
            {{- with $own.extraEnv }}
            {{- toYaml . | nindent 12 }}
            {{- end }}
          ports:
            - {name: metrics, containerPort: {{ .port }}, protocol: TCP}
          startupProbe:
            httpGet: {path: /live, port: metrics}
            periodSeconds: 5
            timeoutSeconds: 5
            failureThreshold: 60
          livenessProbe:
            httpGet: {path: /live, port: metrics}
            periodSeconds: 20
            timeoutSeconds: 5
            failureThreshold: 3
          readinessProbe:
            httpGet: {path: /ready, port: metrics}
            periodSeconds: 10
            timeoutSeconds: 5
            failureThreshold: 3
          resources:
            {{- toYaml $own.resources | nindent 12 }}
          securityContext:
            {{- toYaml $root.Values.securityContext | nindent 12 }}
          volumeMounts:
            {{- include "outwatch.mounts" $root | nindent 12 }}
            {{- with $own.extraVolumeMounts }}
            {{- toYaml . | nindent 12 }}
            {{- end }}
      volumes:
        {{- include "outwatch.volumes" $root | nindent 8 }}
        {{- with $own.extraVolumes }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      {{- range $place := list "nodeSelector" "tolerations" "affinity" "topologySpreadConstraints" }}
      {{- with index $own $place }}
      {{ $place }}:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- end }}
{{- end -}}

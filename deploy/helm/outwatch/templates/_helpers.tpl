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

{{/* The port on which the pager hears what people say back; empty where it hears nothing. */}}
{{- define "outwatch.answersPort" -}}
{{- with dig "pager" "answers_port" 0 .Values.config -}}{{ . }}{{- end -}}
{{- end -}}

{{/* The port on which feedback is taken over HTTP. */}}
{{- define "outwatch.feedbackPort" -}}
{{- dig "feedback" "port" 9468 .Values.config -}}
{{- end -}}

{{/* Not empty where a receiver may page somebody: one that isn't the terminal. */}}
{{- define "outwatch.paged" -}}
{{- range $name, $receiver := dig "pager" "receivers" dict .Values.config -}}
{{- if ne (toString (dig "type" "" $receiver)) "terminal" -}}{{ $name }}{{- end -}}
{{- end -}}
{{- dig "pager" "webhook_url" "" .Values.config -}}
{{- range $name := keys .Values.secretEnv -}}
{{- if hasPrefix "OUTWATCH_PAGER_" $name -}}{{ $name }}{{- end -}}
{{- end -}}
{{- range .Values.pager.extraEnv -}}
{{- if hasPrefix "OUTWATCH_PAGER_" .name -}}{{ .name }}{{- end -}}
{{- end -}}
{{- end -}}

{{/* outwatch.yaml: what the user gave, and what the chart knows better. */}}
{{- define "outwatch.config" -}}
{{- $added := dict "web" (dict "host" "0.0.0.0" "port" 9464) "state_dir" "/var/lib/outwatch" -}}
{{- $pager := dict "port" 9465 -}}
{{- if .Values.contacts -}}
{{- $_ := set $pager "contacts" "/etc/outwatch/config/contacts.yaml" -}}
{{- end -}}
{{- if include "outwatch.answersPort" . -}}
{{- $_ := set $pager "answers_host" (dig "pager" "answers_host" "0.0.0.0" .Values.config) -}}
{{- end -}}
{{- $_ := set $added "pager" $pager -}}
{{- if .Values.actions -}}
{{- $_ := set $added "actions" "/etc/outwatch/config/actions.yaml" -}}
{{- end -}}
{{- $incidents := dict -}}
{{- range $folder := list "playbooks" "clocks" -}}
{{- if index $.Values $folder -}}
{{- $_ := set $incidents $folder (printf "/etc/outwatch/%s" $folder) -}}
{{- end -}}
{{- end -}}
{{- if $incidents -}}
{{- $_ := set $added "incidents" $incidents -}}
{{- end -}}
{{- $_ := set $added "results" (dict "port" 9466) -}}
{{- $feedback := dict "metrics_port" 9469 -}}
{{- if .Values.feedback.enabled -}}
{{- $_ := set $feedback "host" (dig "feedback" "host" "0.0.0.0" .Values.config) -}}
{{- end -}}
{{- $_ := set $added "feedback" $feedback -}}
{{- if .Values.console.enabled -}}
{{- $_ := set $added "console" (dict "host" "0.0.0.0" "port" 9480 "store" "/tmp/console.sqlite") -}}
{{- end -}}
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
{{- if and .Values.feedback.enabled (not (dig "feedback" "tokens" "" .Values.config)) -}}
{{- fail "feedback.enabled needs tokens: set config.feedback.tokens to a file below /etc/outwatch/secrets" -}}
{{- end -}}
{{- end -}}

{{- define "outwatch.consoleChecks" -}}
{{- if and .Values.console.enabled (not (dig "console" "tokens" "" .Values.config)) (not (dig "console" "proxy_header" "" .Values.config)) -}}
{{- fail "console.enabled needs people to say who they are: set config.console.tokens to a file below /etc/outwatch/secrets, or config.console.proxy_header" -}}
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
{{- range $folder := list "playbooks" "clocks" }}
{{- if index $.Values $folder }}
- {name: {{ $folder }}, mountPath: {{ printf "/etc/outwatch/%s" $folder }}, readOnly: true}
{{- end }}
{{- end }}
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
{{- range $folder := list "playbooks" "clocks" }}
{{- if index $.Values $folder }}
- name: {{ $folder }}
  configMap:
    name: {{ include "outwatch.fullname" $ }}-{{ $folder }}
{{- end }}
{{- end }}
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
          args: [{{ .component }}{{ if eq .component "feedback" }}, serve{{ end }}]
          env:
            {{- include "outwatch.env" $root | nindent 12 }}
            {{- with $own.extraEnv }}
            {{- toYaml . | nindent 12 }}
            {{- end }}
          ports:
            - {name: metrics, containerPort: {{ .port }}, protocol: TCP}
            {{- if eq .component "pager" }}
            {{- with include "outwatch.answersPort" $root }}
            - {name: answers, containerPort: {{ . }}, protocol: TCP}
            {{- end }}
            {{- end }}
            {{- if eq .component "feedback" }}
            - {name: http, containerPort: {{ include "outwatch.feedbackPort" $root }}, protocol: TCP}
            {{- end }}
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

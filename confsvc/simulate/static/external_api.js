/*
 * The simulated Jitsi's external_api.js: the surface of the real one, written for the simulator.
 * Builds the address of the frame with the scheme this script was loaded with; the real one always takes https.
 * Parent and frame talk through postMessage: {simulated_jitsi: <frame id>, event | command | request | response, …}.
 */
(() => {
    'use strict';

    const SCHEME = new URL(document.currentScript.src).protocol;
    const ALLOW = ['autoplay', 'camera', 'clipboard-write', 'compute-pressure', 'display-capture', 'hid', 'microphone',
        'screen-wake-lock', 'speaker-selection'].join('; ');
    const EVENTS = ['audioAvailabilityChanged', 'audioMuteStatusChanged', 'avatarChanged', 'browserSupport',
        'cameraError', 'chatUpdated', 'computePressureChanged', 'contentSharingParticipantsChanged',
        'dataChannelClosed', 'dataChannelOpened', 'deviceListChanged', 'displayNameChange',
        'dominantSpeakerChanged', 'emailChange', 'endpointTextMessageReceived', 'errorOccurred',
        'faceLandmarkDetected', 'feedbackPromptDisplayed', 'feedbackSubmitted', 'filmstripDisplayChanged',
        'incomingMessage', 'knockingParticipant', 'largeVideoChanged', 'log', 'micError', 'moderationStatusChanged',
        'mouseEnter', 'mouseLeave', 'mouseMove', 'notificationTriggered', 'outgoingMessage', 'p2pStatusChanged',
        'participantJoined', 'participantKickedOut', 'participantLeft', 'participantMuted', 'participantRoleChanged',
        'participantsPaneToggled', 'passwordRequired', 'peerConnectionFailure', 'prejoinScreenLoaded',
        'raiseHandUpdated', 'readyToClose', 'ready', 'recordingLinkAvailable', 'recordingStatusChanged',
        'screenSharingStatusChanged', 'subjectChange', 'suspendDetected', 'tileViewChanged', 'toolbarButtonClicked',
        'transcribingStatusChanged', 'videoAvailabilityChanged', 'videoConferenceJoined', 'videoConferenceLeft',
        'videoMuteStatusChanged', 'videoQualityChanged'];
    const COMMANDS = ['avatarUrl', 'displayName', 'email', 'endConference', 'grantModerator', 'hangup',
        'kickParticipant', 'muteEveryone', 'overwriteConfig', 'password', 'pinParticipant', 'rejectParticipant',
        'resizeFilmStrip', 'resizeLargeVideo', 'sendChatMessage', 'sendEndpointTextMessage', 'sendTones',
        'setAssumedBandwidthBps', 'setAudioOnly', 'setFollowMe', 'setLargeVideoParticipant',
        'setNoiseSuppressionEnabled', 'setParticipantVolume', 'setSubtitles', 'setTileView', 'setVideoQuality',
        'showNotification', 'hideNotification', 'startRecording', 'stopRecording', 'subject', 'localSubject',
        'submitFeedback', 'toggleAudio', 'toggleCamera', 'toggleChat', 'toggleFilmStrip', 'toggleLobby',
        'toggleModeration', 'toggleParticipantsPane', 'toggleRaiseHand', 'toggleShareScreen', 'toggleSubtitles',
        'toggleTileView', 'toggleVideo', 'answerKnockingParticipant', 'approveVideo', 'askToUnmute'];
    /* Methods that ask the frame and return a promise. */
    const REQUESTS = ['captureLargeVideoScreenshot', 'getAvailableDevices', 'getConnectionStats',
        'getContentSharingParticipants', 'getCurrentDevices', 'getCustomAvatarBackgrounds', 'getDeploymentInfo',
        'getLivestreamUrl', 'getRoomsInfo', 'getSessionId', 'invite', 'isAudioAvailable', 'isAudioDisabled',
        'isAudioMuted', 'isBreakoutRoomsSupported', 'isDeviceChangeAvailable', 'isDeviceListAvailable',
        'isModerationOn', 'isMultipleAudioInputSupported', 'isP2pActive', 'isParticipantForceMuted',
        'isParticipantsPaneOpen', 'isSharingScreen', 'isStartSilent', 'isVideoAvailable', 'isVideoMuted',
        'isVisitor', 'listBreakoutRooms', 'setAudioInputDevice', 'setAudioOutputDevice', 'setVideoInputDevice'];
    const OPTIONS = ['roomName', 'width', 'height', 'parentNode', 'configOverwrite', 'interfaceConfigOverwrite',
        'noSSL', 'jwt', 'lang', 'onload', 'invitees', 'iceServers', 'devices', 'userInfo', 'e2eeKey', 'release',
        'sandbox'];
    let frames = 0;

    class Emitter {
        constructor() { this._listeners = new Map(); this._maxListeners = 10; }
        _add(event, listener, { first = false, once = false } = {}) {
            const entry = { listener, once };
            const list = this._listeners.get(event) || [];
            this._listeners.set(event, first ? [entry, ...list] : [...list, entry]);
            return this;
        }
        on(event, listener) { return this._add(event, listener); }
        addListener(event, listener) { return this._add(event, listener); }
        once(event, listener) { return this._add(event, listener, { once: true }); }
        prependListener(event, listener) { return this._add(event, listener, { first: true }); }
        prependOnceListener(event, listener) { return this._add(event, listener, { first: true, once: true }); }
        off(event, listener) { return this.removeListener(event, listener); }
        removeListener(event, listener) {
            const list = this._listeners.get(event) || [];
            const index = list.findIndex(entry => entry.listener === listener);
            if (index >= 0) { this._listeners.set(event, list.filter((_, at) => at !== index)); }
            return this;
        }
        removeAllListeners(event) {
            if (event === undefined) { this._listeners.clear(); } else { this._listeners.delete(event); }
            return this;
        }
        emit(event, ...args) {
            const list = this._listeners.get(event) || [];
            for (const entry of list) {
                if (entry.once) { this.removeListener(event, entry.listener); }
                entry.listener.apply(this, args);
            }
            return list.length > 0;
        }
        listeners(event) { return (this._listeners.get(event) || []).map(entry => entry.listener); }
        listenerCount(event) { return (this._listeners.get(event) || []).length; }
        eventNames() { return [...this._listeners.keys()].filter(name => this.listenerCount(name) > 0); }
        setMaxListeners(number) { this._maxListeners = number; return this; }
        getMaxListeners() { return this._maxListeners; }
    }

    const hashPart = (prefix, table) => Object.entries(table || {})
        .filter(([, value]) => value !== undefined)
        .map(([key, value]) => `${prefix}.${key}=${encodeURIComponent(JSON.stringify(value))}`);

    const size = value => (typeof value === 'number' ? `${value}px`
        : /^[0-9]*\.?[0-9]+(em|pt|px|%)$/.test(String(value)) ? value : undefined);

    function address(domain, id, options) {
        const url = new URL(`${SCHEME}//${domain}/`);
        url.pathname = `${url.pathname.replace(/\/?$/, '/')}${encodeURIComponent(options.roomName || '')}`;
        if (options.jwt) { url.searchParams.set('jwt', options.jwt); }
        if (options.lang) { url.searchParams.set('lang', options.lang); }
        if (options.release) { url.searchParams.set('release', options.release); }
        url.hash = [`jitsi_meet_external_api_id=${id}`, ...hashPart('config', options.configOverwrite),
            ...hashPart('interfaceConfig', options.interfaceConfigOverwrite), ...hashPart('userInfo', options.userInfo),
            ...hashPart('devices', options.devices)].join('&');
        return url.href;
    }

    class JitsiMeetExternalAPI extends Emitter {
        constructor(domain, options = {}) {
            super();
            this._id = frames++;
            this._participants = {};
            this._myUserID = undefined;
            this._onStageParticipant = undefined;
            this._numberOfParticipants = 0;
            this._videoQuality = undefined;
            this._waiting = new Map();
            this._asked = 0;
            const frame = this._frame = document.createElement('iframe');
            frame.allow = ALLOW;
            frame.name = frame.id = `jitsiConferenceFrame${this._id}`;
            frame.setAttribute('allowFullScreen', 'true');
            frame.style.border = '0';
            this._resize(options.width === undefined ? '100%' : options.width,
                options.height === undefined ? '100%' : options.height);
            if (options.sandbox) { frame.sandbox = options.sandbox; }
            if (options.onload) { frame.onload = options.onload; }
            frame.src = address(domain, this._id, options);
            this._origin = new URL(frame.src).origin;
            (options.parentNode || document.body).appendChild(frame);
            this._hear = event => this._message(event);
            window.addEventListener('message', this._hear);
            if (Array.isArray(options.invitees) && options.invitees.length) { this.invite(options.invitees); }
        }
        _resize(width, height) {
            if (size(width) !== undefined) { this._frame.style.width = size(width); }
            if (size(height) !== undefined) { this._frame.style.height = size(height); }
        }
        _message({ source, data }) {
            if (!this._frame || source !== this._frame.contentWindow || !data || data.simulated_jitsi !== this._id) {
                return;
            }
            if (data.response !== undefined) {
                const waiting = this._waiting.get(data.response);
                this._waiting.delete(data.response);
                if (waiting) { data.error === undefined ? waiting[0](data.result) : waiting[1](new Error(data.error)); }
            } else if (EVENTS.includes(data.event)) {
                this._remember(data.event, data.data || {});
                this.emit(data.event, data.data || {});
            }
        }
        _remember(event, data) {
            if (event === 'videoConferenceJoined') { this._myUserID = data.id; }
            if (event === 'videoConferenceJoined' || event === 'participantJoined') {
                this._participants[data.id] = { ...data, participantId: data.id };
            } else if (event === 'videoConferenceLeft') {
                this._participants = {};
            } else if (event === 'participantLeft') {
                delete this._participants[data.id];
            } else if (event === 'displayNameChange' && this._participants[data.id]) {
                this._participants[data.id].displayName = data.displayname;
            } else if (event === 'emailChange' && this._participants[data.id]) {
                this._participants[data.id].email = data.email;
            } else if (event === 'videoQualityChanged') {
                this._videoQuality = data.videoQuality;
            }
            this._numberOfParticipants = Object.keys(this._participants).length;
        }
        _send(message) {
            if (this._frame && this._frame.contentWindow) {
                this._frame.contentWindow.postMessage({ simulated_jitsi: this._id, ...message }, this._origin);
            }
        }
        _ask(name, args) {
            return new Promise((resolve, reject) => {
                const request = this._asked++;
                this._waiting.set(request, [resolve, reject]);
                this._send({ request, name, args });
            });
        }
        addEventListener(event, listener) { this.on(event, listener); }
        addEventListeners(listeners) { Object.entries(listeners).forEach(([event, one]) => this.on(event, one)); }
        removeEventListener(event) { this.removeAllListeners(event); }
        removeEventListeners(events) { events.forEach(event => this.removeEventListener(event)); }
        executeCommand(name, ...args) {
            if (!COMMANDS.includes(name)) { console.error('Not supported command name.'); return; }
            this._send({ command: name, args });
        }
        executeCommands(commands) { Object.entries(commands).forEach(([name, args]) => this.executeCommand(name, args)); }
        getNumberOfParticipants() { return this._numberOfParticipants; }
        getParticipantsInfo() { return Object.values(this._participants).map(one => ({ ...one })); }
        getAvatarURL(id) { return (this._participants[id] || {}).avatarURL; }
        getDisplayName(id) { return (this._participants[id] || {}).displayName; }
        getEmail(id) { return (this._participants[id] || {}).email; }
        getIFrame() { return this._frame; }
        getVideoQuality() { return this._videoQuality; }
        getSupportedCommands() { return [...COMMANDS]; }
        getSupportedEvents() { return [...EVENTS]; }
        pinParticipant(id, videoType) { this.executeCommand('pinParticipant', id, videoType); }
        resizeLargeVideo(width, height) { this.executeCommand('resizeLargeVideo', width, height); }
        setLargeVideoParticipant(id, videoType) { this.executeCommand('setLargeVideoParticipant', id, videoType); }
        sendProxyConnectionEvent(event) { this._send({ command: 'sendProxyConnectionEvent', args: [event] }); }
        startRecording(options) { this.executeCommand('startRecording', options); }
        stopRecording(mode) { this.executeCommand('stopRecording', mode); }
        dispose() {
            window.removeEventListener('message', this._hear);
            this.removeAllListeners();
            if (this._frame && this._frame.parentNode) { this._frame.parentNode.removeChild(this._frame); }
            this._frame = undefined;
        }
    }
    for (const name of REQUESTS) {
        JitsiMeetExternalAPI.prototype[name] = function (...args) { return this._ask(name, args); };
    }
    JitsiMeetExternalAPI.simulated = { events: EVENTS, commands: COMMANDS, options: OPTIONS };
    window.JitsiMeetExternalAPI = JitsiMeetExternalAPI;
})();

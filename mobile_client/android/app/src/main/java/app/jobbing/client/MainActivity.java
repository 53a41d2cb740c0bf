package app.jobbing.client;

import com.getcapacitor.BridgeActivity;

public class MainActivity extends BridgeActivity {}
